// SPDX-License-Identifier: Apache-2.0
// Tests which requests the model allows. See also tests/aws_clients/authorization_cases.txt.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kToCustodian =
    R"({"Statement":{"Effect":"Allow","Principal":)"
    R"({"AWS":"arn:aws:iam::111122223333:role/custodian"},"Action":"kms:*","Resource":"*"}})";

class KeyAuthorizationTest : public KmsModelTest {
  protected:
    /// The message of the denial; empty if the caller may send the request.
    template <typename Request>
    std::string denial(const Request& request, const io::AccountRegion& place = in_virginia()) {
        return denial_at(0s, request, place);
    }
    template <typename Request>
    std::string denial_at(std::chrono::nanoseconds when,
                          const Request& request,
                          const io::AccountRegion& place = in_virginia()) {
        const PolicyCaller caller{&identity_};
        const auto refusal = model_.authorize(place, request, at(when), caller);
        return refusal ? refusal->message : "";
    }
    void give(const std::string& statement) {
        const std::string text = R"({"Statement":)" + statement + "}";
        identity_.policies = std::make_shared<const PolicyDocuments>(
            PolicyDocuments{parse_policy(text, PolicyKind::identity).value()});
    }
    template <typename Request>
    Handled<ResultOf<Request>> handle(const Request& request) {
        const PolicyCaller caller{&identity_};
        return model_.handle(in_virginia(), request, at(0s), &caller);
    }

    PolicyIdentity identity_{account()};
};

TEST_F(KeyAuthorizationTest, administrator_has_full_access_to_keys_without_a_policy) {
    EXPECT_EQ(denial(replicate_to_ireland()), "");
    EXPECT_EQ(denial(io::CreateKeyRequest()), "");
    EXPECT_EQ(denial(io::CreateAliasRequest("alias/orders", kKeyId)), "");
}

TEST_F(KeyAuthorizationTest, key_policy_restricts_administrators) {
    model_.set_policy(primary(), kToCustodian);
    EXPECT_THAT(denial(io::DescribeKeyRequest(kKeyId)),
                EndsWith("because no resource-based policy allows the kms:DescribeKey action"));
    identity_.name = "assumed-role/custodian/me";
    EXPECT_EQ(denial(io::DescribeKeyRequest(kKeyId)), "");
}

TEST_F(KeyAuthorizationTest, request_without_a_caller_is_not_restricted) {
    model_.set_policy(primary(), kToCustodian);
    result_of(model_.handle(in_virginia(), io::DescribeKeyRequest(kKeyId), at(0s)));
}

TEST_F(KeyAuthorizationTest, unknown_key_is_reported_by_the_operation) {
    give(R"({"Effect":"Deny","Action":"*","Resource":"*"})");
    EXPECT_EQ(denial(io::DescribeKeyRequest("alias/none")), "");
}

TEST_F(KeyAuthorizationTest, key_of_another_account_must_be_shared) {
    identity_.account = io::AccountId::parse("444455556666").value();
    const io::AccountRegion place(identity_.account, virginia());
    const io::DescribeKeyRequest describe{std::string(kArn)};
    EXPECT_THAT(denial(describe, place), HasSubstr("no resource-based policies allow access"));
    model_.set_policy(primary(),
                      R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},)"
                      R"("Action":"kms:*","Resource":"*"}})");
    EXPECT_EQ(denial(describe, place), "");
    const PolicyCaller caller{&identity_};
    const auto handled = model_.handle(place, describe, at(0s), &caller);
    EXPECT_EQ(result_of(handled).key_metadata.arn, kArn);
    EXPECT_EQ(refusal_of(
                  model_.handle(place, io::GetKeyPolicyRequest(std::string(kArn)), at(0s), &caller))
                  .code,
              io::KmsErrorCode::access_denied)
        << "the operation is not available for keys of other accounts";
}

TEST_F(KeyAuthorizationTest, new_primary_needs_permission_on_both_keys) {
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    const UpdatePrimaryRegionRequest request(kKeyId, "eu-west-1");
    give(R"({"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms:us-east-1:*"})");
    EXPECT_THAT(denial(request), HasSubstr("on resource: " + std::string(kReplicaArn)));
    give(R"({"Effect":"Allow","Action":"kms:UpdatePrimaryRegion","Resource":"*"})");
    EXPECT_EQ(denial(request), "");
}

TEST_F(KeyAuthorizationTest, encryption_context_can_be_a_condition) {
    give(R"({"Effect":"Allow","Action":"kms:*","Resource":"*",)"
         R"("Condition":{"StringEquals":{"kms:EncryptionContext:team":"cards"},)"
         R"("ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["team","order"]}}})");
    constexpr std::string_view kDenied =
        "because no identity-based policy allows the kms:Encrypt action";
    EncryptRequest request(kKeyId);
    EXPECT_THAT(denial(request), EndsWith(kDenied)) << "no context";
    request.context = {{"team", "loans"}};
    EXPECT_THAT(denial(request), EndsWith(kDenied)) << "another value";
    request.context = {{"team", "cards"}};
    EXPECT_EQ(denial(request), "");
    request.context = {{"team", "cards"}, {"order", "17"}};
    EXPECT_EQ(denial(request), "");
    request.context = {{"team", "cards"}, {"other", "17"}};
    EXPECT_THAT(denial(request), EndsWith(kDenied)) << "a key that the policy does not list";
}

TEST_F(KeyAuthorizationTest, request_alias_is_the_name_in_an_alias_or_its_arn) {
    result_of(handle(io::CreateAliasRequest("alias/orders", kKeyId)));
    give(R"({"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*",)"
         R"("Condition":{"StringEquals":{"kms:RequestAlias":"alias/orders"}}})");
    EXPECT_EQ(denial(io::DescribeKeyRequest("alias/orders")), "");
    EXPECT_EQ(denial(io::DescribeKeyRequest("arn:aws:kms:us-east-1:111122223333:alias/orders")),
              "");
    EXPECT_NE(denial(io::DescribeKeyRequest(kKeyId)), "");
    EXPECT_NE(denial(io::DescribeKeyRequest(std::string(kArn))), "");
}

TEST_F(KeyAuthorizationTest, configured_condition_keys_replace_those_of_the_request) {
    give(R"({"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*",)"
         R"("Condition":{"ForAllValues:StringEquals":{"aws:RequestedRegion":"eu-west-1"}}})");
    EXPECT_NE(denial(io::DescribeKeyRequest(kKeyId)), "");
    identity_.context = {{"aws:requestedregion", "eu-west-1"}};
    EXPECT_EQ(denial(io::DescribeKeyRequest(kKeyId)), "");
}

TEST_F(KeyAuthorizationTest, decrypt_without_a_key_id_uses_the_key_of_the_ciphertext) {
    EncryptRequest encrypt(kKeyId);
    encrypt.plaintext = io::Secret("plain");
    DecryptRequest decrypt("");
    decrypt.ciphertext = result_of(handle(encrypt)).ciphertext;
    EXPECT_EQ(denial(decrypt), "");
    model_.set_policy(primary(), kToCustodian);
    EXPECT_THAT(denial(decrypt),
                EndsWith("because no resource-based policy allows the kms:Decrypt action"));
    decrypt.ciphertext = "not a ciphertext";
    EXPECT_EQ(denial(decrypt), "") << "the operation itself reports it";
}

TEST_F(KeyAuthorizationTest, re_encrypt_needs_permission_on_both_keys) {
    const std::string to_id = result_of(handle(io::CreateKeyRequest())).key_metadata.key_id;
    ReEncryptRequest request(to_id);
    request.source_key_id = kKeyId;
    request.source_context = {{"from", "here"}};
    request.context = {{"to", "there"}};
    const std::string to = R"({"Effect":"Allow","Action":"kms:ReEncryptTo","Resource":"*",)"
                           R"("Condition":{"StringEquals":{"kms:EncryptionContext:to":"there"}}})";
    const std::string from =
        R"({"Effect":"Allow","Action":"kms:ReEncryptFrom","Resource":")" + std::string(kArn) +
        R"(","Condition":{"StringEquals":{"kms:EncryptionContext:from":)" + R"("here"}}})";
    give(to);
    EXPECT_THAT(denial(request), EndsWith("policy allows the kms:ReEncryptFrom action"));
    give(from);
    EXPECT_THAT(denial(request), EndsWith("policy allows the kms:ReEncryptTo action"));
    give("[" + from + "," + to + "]");
    EXPECT_EQ(denial(request), "");
}

TEST_F(KeyAuthorizationTest, deprecated_names_of_key_spec_and_usage_have_the_same_values) {
    give(R"({"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":)"
         R"({"kms:CustomerMasterKeySpec":"SYMMETRIC_DEFAULT",)"
         R"("kms:CustomerMasterKeyUsage":"ENCRYPT_DECRYPT"}}})");
    EXPECT_EQ(denial(io::DescribeKeyRequest(kKeyId)), "");
    EXPECT_EQ(denial(replicate_to_ireland()), "");
    io::CreateKeyRequest create;
    EXPECT_EQ(denial(create), "");
    create.key_spec = "RSA_2048";
    EXPECT_NE(denial(create), "");
}

TEST_F(KeyAuthorizationTest, days_without_use_count_from_the_last_use_or_the_creation) {
    constexpr auto kDay = 24h;
    give(R"([{"Effect":"Allow","Action":"kms:*","Resource":"*"},)"
         R"({"Effect":"Deny","Action":["kms:DisableKey","kms:ScheduleKeyDeletion"],)"
         R"("Resource":"*","Condition":)"
         R"({"NumericLessThanEquals":{"kms:TrailingDaysWithoutKeyUsage":"2"}}}])");
    const std::string key_id = result_of(handle(io::CreateKeyRequest())).key_metadata.key_id;
    const io::DisableKeyRequest disable(key_id);
    EXPECT_THAT(denial(disable), EndsWith("with an explicit deny in an identity-based policy"));
    EXPECT_NE(denial_at(3 * kDay - 1s, disable), "") << "rounded down";
    EXPECT_EQ(denial_at(3 * kDay, disable), "");
    EncryptRequest encrypt(key_id);
    encrypt.plaintext = io::Secret("plain");
    const PolicyCaller caller{&identity_};
    result_of(model_.handle(in_virginia(), encrypt, at(4 * kDay), &caller));
    EXPECT_NE(denial_at(6 * kDay, disable), "");
    EXPECT_NE(denial_at(6 * kDay, ScheduleKeyDeletionRequest(key_id)), "");
    EXPECT_EQ(denial_at(6 * kDay, DisableKeyRotationRequest(key_id)), "") << "no such key here";
    EXPECT_EQ(denial_at(7 * kDay, disable), "");
}

TEST_F(KeyAuthorizationTest, re_encryption_can_be_limited_to_the_same_key) {
    give(R"({"Effect":"Allow","Action":"kms:*","Resource":"*"})");
    EncryptRequest encrypt(kKeyId);
    encrypt.plaintext = io::Secret("plain");
    const std::string other = result_of(handle(io::CreateKeyRequest())).key_metadata.key_id;
    ReEncryptRequest request(kKeyId);
    request.ciphertext = result_of(handle(encrypt)).ciphertext;
    give(R"([{"Effect":"Allow","Action":"kms:*","Resource":"*"},)"
         R"({"Effect":"Deny","Action":"kms:ReEncrypt*","Resource":"*",)"
         R"("Condition":{"Bool":{"kms:ReEncryptOnSameKey":"false"}}}])");
    EXPECT_EQ(denial(request), "");
    request.key_id = std::string(kArn);
    EXPECT_EQ(denial(request), "") << "named differently";
    request.key_id = other;
    EXPECT_NE(denial(request), "");
    request.key_id = kKeyId;
    request.source_key_id = other;
    EXPECT_NE(denial(request), "");
}

TEST_F(KeyAuthorizationTest, expiry_of_imported_material_can_be_a_condition) {
    give(R"({"Effect":"Allow","Action":"kms:ImportKeyMaterial","Resource":"*",)"
         R"("Condition":{"NumericLessThanEquals":{"kms:ValidTo":"1830000000.0"}}})");
    ImportKeyMaterialRequest request(kKeyId);
    EXPECT_NE(denial(request), "") << "without an expiry";
    request.valid_to_s = 1'830'000'000;
    EXPECT_EQ(denial(request), "");
    request.valid_to_s = 1'830'000'001;
    EXPECT_NE(denial(request), "");
    give(R"({"Effect":"Allow","Action":"kms:ImportKeyMaterial","Resource":"*",)"
         R"("Condition":{"DateGreaterThan":{"kms:ValidTo":"2027-12-28"}}})");
    EXPECT_EQ(denial(request), "") << "2027-12-28T13:20:01Z";
}

TEST_F(KeyAuthorizationTest, grants_can_be_limited_by_service_principals_and_constraints) {
    give(R"({"Effect":"Allow","Action":"kms:CreateGrant","Resource":"*","Condition":)"
         R"({"StringEquals":{"kms:GranteeServicePrincipal":"rds.amazonaws.com",)"
         R"("kms:RetiringServicePrincipal":"rds.amazonaws.com",)"
         R"("kms:EncryptionContext:team":"cards","kms:GrantConstraintType":)"
         R"("EncryptionContextSubset"},)"
         R"("ArnLike":{"kms:GrantConstraintSourceArn":"arn:aws:rds:*:111122223333:db:*"}}})");
    CreateGrantRequest grant(kKeyId);
    grant.operations = {"Decrypt"};
    grant.grantee_service_principal = "rds.amazonaws.com";
    grant.retiring_service_principal = "rds.amazonaws.com";
    grant.constraints.subset = EncryptionContext{{"team", "cards"}};
    grant.constraints.source_arn = "arn:aws:rds:us-east-1:111122223333:db:orders";
    EXPECT_EQ(denial(grant), "");
    CreateGrantRequest other = grant;
    other.grantee_service_principal = "ec2.amazonaws.com";
    EXPECT_NE(denial(other), "");
    other = grant;
    other.constraints.subset = EncryptionContext{{"team", "loans"}};
    EXPECT_NE(denial(other), "");
    other = grant;
    other.constraints.source_arn = std::nullopt;
    EXPECT_NE(denial(other), "");
}

TEST_F(KeyAuthorizationTest, constraints_of_a_grant_are_condition_keys_of_its_retirement) {
    give(R"({"Effect":"Allow","Action":"kms:*","Resource":"*"})");
    CreateGrantRequest grant(kKeyId);
    grant.operations = {"Decrypt"};
    grant.grantee_principal = identity_.principal_arn("aws");
    grant.retiring_principal = grant.grantee_principal;
    grant.constraints.equals = EncryptionContext{{"team", "cards"}};
    RetireGrantRequest retire;
    retire.key_id = std::string(kArn);
    retire.grant_id = result_of(handle(grant)).grant_id;
    give(R"({"Effect":"Deny","Action":"kms:RetireGrant","Resource":"*","Condition":)"
         R"({"StringEquals":{"kms:GrantConstraintType":"EncryptionContextEquals",)"
         R"("kms:EncryptionContext:team":"cards"}}})");
    expect_refusal(handle(retire),
                   "AccessDeniedException",
                   "User: arn:aws:iam::111122223333:user/simulated is not authorized to perform: "
                   "kms:RetireGrant on resource: arn:aws:kms:us-east-1:111122223333:key/"
                   "mrk-1234abcd12ab34cd56ef1234567890ab with an explicit deny in an "
                   "identity-based policy");
    give(R"({"Effect":"Deny","Action":"kms:RetireGrant","Resource":"*","Condition":)"
         R"({"StringEquals":{"kms:EncryptionContext:team":"loans"}}})");
    result_of(handle(retire));
}

TEST_F(KeyAuthorizationTest, grant_allows_cryptographic_operations_within_its_constraints) {
    model_.set_policy(primary(), kToCustodian);
    CreateGrantRequest grant(kKeyId);
    grant.grantee_principal = identity_.principal_arn("aws");
    grant.operations = {"Encrypt", "ReEncryptFrom"};
    grant.constraints.subset = EncryptionContext{{"team", "cards"}};
    result_of(model_.handle(in_virginia(), grant, at(0s)));
    EncryptRequest encrypt(kKeyId);
    EXPECT_NE(denial(encrypt), "") << "no context";
    encrypt.context = {{"team", "cards"}, {"order", "17"}};
    EXPECT_EQ(denial(encrypt), "");
    DecryptRequest decrypt(kKeyId);
    decrypt.context = encrypt.context;
    EXPECT_NE(denial(decrypt), "") << "not granted";
}

TEST_F(KeyAuthorizationTest, random_numbers_require_only_an_identity_based_policy) {
    EXPECT_EQ(denial(GenerateRandomRequest()), "");
    give(R"({"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"})");
    EXPECT_THAT(denial(GenerateRandomRequest()), EndsWith("allows the kms:GenerateRandom action"));
}

TEST_F(KeyAuthorizationTest, new_policy_must_not_lock_out_its_caller) {
    constexpr std::string_view kCode = "MalformedPolicyDocumentException";
    constexpr std::string_view kLockout =
        "The new key policy will not allow you to update the key policy in the future.";
    const io::PutKeyPolicyRequest put(kKeyId, kToCustodian);
    expect_refusal(handle(put), kCode, kLockout);
    identity_.name = "assumed-role/custodian/me";
    result_of(handle(put));
    io::ReplicateKeyRequest replicate = replicate_to_ireland();
    replicate.policy = R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},)"
                       R"("Action":"kms:*","Resource":"*"}})";
    give(R"({"Effect":"Allow","Action":"kms:PutKeyPolicy","Resource":"*",)"
         R"("Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}})");
    expect_refusal(handle(replicate), kCode, kLockout);
    identity_.policies = nullptr;
    result_of(handle(replicate));
}

TEST_F(KeyAuthorizationTest, principals_in_a_new_policy_must_exist) {
    identity_.name = "assumed-role/custodian/me";
    const std::string custodian = "arn:aws:iam::111122223333:role/custodian";
    model_.principals().add(custodian, {at(5s).now, io::Moment::max()});
    const io::PutKeyPolicyRequest put(kKeyId, kToCustodian);
    expect_refusal(handle(put),
                   "MalformedPolicyDocumentException",
                   "Policy contains a statement with one or more invalid principals.");
    const PolicyCaller caller{&identity_};
    result_of(model_.handle(in_virginia(), put, at(5s), &caller));
}

}  // namespace
}  // namespace keyferry::simulator
