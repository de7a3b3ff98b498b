// SPDX-License-Identifier: Apache-2.0
// Tests what grants permit, and which grants KMS rejects.
#include "tools/simulator/model/grant_rules.hpp"

#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::HasSubstr;

const std::string kGrantee = "arn:aws:iam::111122223333:role/app";
const EncryptionContext kCards{{"purpose", "cards"}};
const EncryptionContext kCardsAndMore{{"order", "17"}, {"purpose", "cards"}};

GrantConstraints subset(EncryptionContext pairs) {
    GrantConstraints constraints;
    constraints.subset = std::move(pairs);
    return constraints;
}

GrantConstraints equals(EncryptionContext pairs) {
    GrantConstraints constraints;
    constraints.equals = std::move(pairs);
    return constraints;
}

GrantConstraints for_source(std::string arn) {
    GrantConstraints constraints;
    constraints.source_arn = std::move(arn);
    return constraints;
}

/// Whether a grant of `operations` with `constraints` allows its grantee a request.
template <typename Request>
bool allowed(const Request& request,
             const GrantConstraints& constraints,
             const std::vector<std::string>& operations,
             const RequestContext& context = {}) {
    Grant grant;
    grant.grantee = kGrantee;
    grant.operations = operations;
    grant.constraints = constraints;
    PolicyRequest call;
    call.principal_arn = kGrantee;
    call.context = context;
    return allows(grant, call, authorization_request(request));
}

bool may_decrypt(const GrantConstraints& constraints, const EncryptionContext& pairs) {
    DecryptRequest request("");
    request.context = pairs;
    return allowed(request, constraints, {"Decrypt", "DescribeKey"});
}

TEST(GrantRulesTest, subset_constraint_needs_its_pairs_in_the_encryption_context) {
    EXPECT_FALSE(may_decrypt(subset(kCards), {}));
    EXPECT_TRUE(may_decrypt(subset(kCards), kCards));
    EXPECT_TRUE(may_decrypt(subset(kCards), kCardsAndMore));
    EXPECT_FALSE(may_decrypt(subset(kCardsAndMore), kCards));
    EXPECT_FALSE(may_decrypt(subset(kCards), {{"purpose", "Cards"}}));
}

TEST(GrantRulesTest, equals_constraint_needs_exactly_its_pairs) {
    EXPECT_TRUE(may_decrypt(equals(kCards), kCards));
    EXPECT_FALSE(may_decrypt(equals(kCards), kCardsAndMore));
    EXPECT_FALSE(may_decrypt(equals(kCards), {}));
}

TEST(GrantRulesTest, keys_of_the_encryption_context_are_case_sensitive) {
    EXPECT_FALSE(may_decrypt(subset(kCards), {{"Purpose", "cards"}}));
    EXPECT_FALSE(may_decrypt(equals(kCards), {{"PURPOSE", "cards"}}));
    EXPECT_TRUE(may_decrypt(subset(kCards), {{"Purpose", "x"}, {"purpose", "cards"}}));
}

TEST(GrantRulesTest, constraint_on_the_encryption_context_ignores_other_operations) {
    EXPECT_TRUE(allowed(io::DescribeKeyRequest(kKeyId), subset(kCards), {"DescribeKey"}));
}

TEST(GrantRulesTest, source_constraint_needs_a_request_for_that_resource) {
    const io::DescribeKeyRequest request(kKeyId);
    const std::string bucket = "arn:aws:s3:::cards";
    EXPECT_FALSE(allowed(request, for_source(bucket), {"DescribeKey"}));
    RequestContext context;
    context.add("aws:SourceArn", bucket);
    EXPECT_TRUE(allowed(request, for_source(bucket), {"DescribeKey"}, context));
    EXPECT_FALSE(allowed(request, for_source("arn:aws:s3:::other"), {"DescribeKey"}, context));
}

TEST(GrantRulesTest, re_encrypt_checks_the_encryption_context_of_each_key) {
    ReEncryptRequest request(kKeyId);
    request.source_context = kCards;
    Grant grant;
    grant.grantee = kGrantee;
    grant.operations = {"ReEncryptFrom", "ReEncryptTo"};
    grant.constraints = subset(kCards);
    PolicyRequest call;
    call.principal_arn = kGrantee;
    EXPECT_TRUE(allows(grant, call, source_authorization_request(request)));
    EXPECT_FALSE(allows(grant, call, authorization_request(request)));
}

TEST(GrantRulesTest, child_grant_has_operations_of_its_parent_only) {
    CreateGrantRequest child(kKeyId);
    child.operations = {"Decrypt"};
    EXPECT_TRUE(allowed(child, {}, {"CreateGrant", "Decrypt"}));
    EXPECT_FALSE(allowed(child, {}, {"CreateGrant", "Encrypt"}));
    EXPECT_FALSE(allowed(child, {}, {"Decrypt"})) << "the parent does not allow CreateGrant";
}

TEST(GrantRulesTest, child_grant_cannot_drop_the_constraints_of_its_parent) {
    CreateGrantRequest child(kKeyId);
    child.operations = {"Decrypt"};
    const std::vector<std::string> operations{"CreateGrant", "Decrypt"};
    EXPECT_FALSE(allowed(child, subset(kCards), operations));
    EXPECT_FALSE(allowed(child, equals(kCards), operations));
    child.constraints = subset(kCards);
    EXPECT_TRUE(allowed(child, subset(kCards), operations));
    EXPECT_FALSE(allowed(child, equals(kCards), operations));
}

TEST(GrantRulesTest, constraints_are_as_strict_if_they_permit_no_more) {
    EXPECT_TRUE(is_as_strict({}, {}));
    EXPECT_TRUE(is_as_strict(subset(kCards), {}));
    EXPECT_FALSE(is_as_strict({}, subset(kCards)));
    EXPECT_TRUE(is_as_strict(subset(kCardsAndMore), subset(kCards)));
    EXPECT_FALSE(is_as_strict(subset(kCards), subset(kCardsAndMore)));
    EXPECT_TRUE(is_as_strict(equals(kCardsAndMore), subset(kCards)));
    EXPECT_FALSE(is_as_strict(equals({}), subset(kCards)));
    EXPECT_TRUE(is_as_strict(equals(kCards), equals(kCards)));
    EXPECT_FALSE(is_as_strict(equals(kCardsAndMore), equals(kCards)));
    EXPECT_FALSE(is_as_strict(subset({{"Purpose", "cards"}}), subset(kCards)));
    EXPECT_TRUE(is_as_strict(for_source("arn:a"), for_source("arn:a")));
    EXPECT_FALSE(is_as_strict({}, for_source("arn:a")));
    EXPECT_FALSE(is_as_strict(for_source("arn:b"), for_source("arn:a")));
}

/// The key types with the operations of KMS's table "Grant operations".
TEST(GrantRulesTest, operations_depend_on_the_key_type) {
    const auto supports = [](std::string_view operation, KeyUsage usage) {
        return supports_grant_operation(operation, usage, false);
    };
    for (const char* operation : {"CreateGrant", "DescribeKey", "RetireGrant"}) {
        EXPECT_TRUE(supports(operation, KeyUsage::sign_verify)) << operation;
        EXPECT_TRUE(supports_grant_operation(operation, KeyUsage::encrypt_decrypt, true));
    }
    for (const char* operation : {"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"}) {
        EXPECT_TRUE(supports(operation, KeyUsage::encrypt_decrypt)) << operation;
        EXPECT_FALSE(supports(operation, KeyUsage::sign_verify)) << operation;
        EXPECT_FALSE(supports(operation, KeyUsage::generate_verify_mac)) << operation;
    }
    for (const char* operation : {"GenerateDataKey", "GenerateDataKeyPairWithoutPlaintext"}) {
        EXPECT_TRUE(supports_grant_operation(operation, KeyUsage::encrypt_decrypt, true));
        EXPECT_FALSE(supports(operation, KeyUsage::encrypt_decrypt)) << operation;
    }
    EXPECT_TRUE(supports("Sign", KeyUsage::sign_verify));
    EXPECT_FALSE(supports("Sign", KeyUsage::key_agreement));
    EXPECT_FALSE(supports_grant_operation("Sign", KeyUsage::encrypt_decrypt, true));
    EXPECT_TRUE(supports("VerifyMac", KeyUsage::generate_verify_mac));
    EXPECT_TRUE(supports("DeriveSharedSecret", KeyUsage::key_agreement));
    EXPECT_TRUE(supports("GetPublicKey", KeyUsage::key_agreement));
    EXPECT_FALSE(supports("GetPublicKey", KeyUsage::generate_verify_mac));
    EXPECT_FALSE(supports_grant_operation("GetPublicKey", KeyUsage::encrypt_decrypt, true));
}

class NewGrantTest : public KmsModelTest {
  protected:
    Handled<CreateGrantResult> create(const std::string& key_id,
                                      const std::vector<std::string>& operations,
                                      const GrantConstraints& constraints = {}) {
        CreateGrantRequest request(key_id);
        request.grantee_principal = kGrantee;
        request.operations = operations;
        request.constraints = constraints;
        return model_.handle(in_virginia(), request, at(0s));
    }
    std::string new_key(const char* spec, const char* usage) {
        io::CreateKeyRequest request;
        request.key_spec = spec;
        request.key_usage = usage;
        return result_of(model_.handle(in_virginia(), request, at(0s))).key_metadata.key_id;
    }
    void expect_validation(const Handled<CreateGrantResult>& handled, const char* text) {
        EXPECT_EQ(refusal_of(handled).wire_code, "ValidationException");
        EXPECT_THAT(refusal_of(handled).message, HasSubstr(text));
    }
};

TEST_F(NewGrantTest, operations_must_be_supported_on_the_key) {
    const std::string signing = new_key("ECC_NIST_P256", "SIGN_VERIFY");
    result_of(create(signing, {"Sign", "Verify", "GetPublicKey", "DescribeKey"}));
    expect_validation(create(signing, {"Sign", "Encrypt"}), "Encrypt is not supported");
    expect_validation(create(kKeyId, {"Sign"}), "Sign is not supported");
    result_of(create(kKeyId, {"Encrypt", "GenerateDataKey"}));
    expect_validation(create(new_key("RSA_2048", "ENCRYPT_DECRYPT"), {"GenerateDataKey"}),
                      "GenerateDataKey is not supported");
}

TEST_F(NewGrantTest, encryption_context_constraints_need_a_symmetric_key) {
    const std::string signing = new_key("ECC_NIST_P256", "SIGN_VERIFY");
    expect_validation(create(signing, {"DescribeKey"}, subset(kCards)), "only on symmetric");
    expect_validation(create(new_key("RSA_2048", "ENCRYPT_DECRYPT"), {"Decrypt"}, equals(kCards)),
                      "only on symmetric");
    result_of(create(signing, {"Sign"}, for_source("arn:aws:ec2:us-east-1:111122223333:i/1")));
}

TEST_F(NewGrantTest, members_must_match_the_patterns_of_the_service_model) {
    CreateGrantRequest request(kKeyId);
    request.grantee_principal = kGrantee;
    request.operations = {"Decrypt"};
    request.name = "team:cards/a_b-1";
    request.grantee_service_principal = "s3.us-east-1.amazonaws.com";
    result_of(model_.handle(in_virginia(), request, at(0s)));
    const auto expect_pattern = [&](std::optional<std::string> CreateGrantRequest::*member,
                                    const char* text,
                                    const char* pattern) {
        CreateGrantRequest changed = request;
        changed.*member = text;
        expect_validation(model_.handle(in_virginia(), changed, at(0s)), pattern);
    };
    expect_pattern(&CreateGrantRequest::name, "two words", "pattern: ^[a-zA-Z0-9:/_-]+$");
    for (auto member :
         {&CreateGrantRequest::grantee_principal, &CreateGrantRequest::retiring_principal}) {
        expect_pattern(member, "arn:aws:iam::111122223333:role/*", "pattern: ^[\\w+=,.@:/-]+$");
    }
    for (const char* service : {"s3", "s3.amazonaws", ".s3.amazonaws.com", "s3..com", "s3.a.c/"}) {
        expect_pattern(&CreateGrantRequest::grantee_service_principal, service, "pattern: ^([A-Z");
        expect_pattern(&CreateGrantRequest::retiring_service_principal, service, "pattern: ^([A-Z");
    }
    result_of(create(kKeyId, {"Decrypt"}, for_source("arn:aws:ec2:us-east-1:111122223333:i/1")));
    for (const char* arn : {"arn:aws:s3:::cards-and-more",
                            "arn:aws:ec2:us-east-1:111122223333:",
                            "arn:other:ec2:us-east-1:111122223333:i/1"}) {
        expect_validation(create(kKeyId, {"Decrypt"}, for_source(arn)), "pattern: ^arn:aws[a-z");
    }
    expect_validation(create(kKeyId, {"Decrypt"}, for_source(std::string(513, 'a'))), "to 512");
    ListGrantsRequest list(kKeyId);
    list.grantee_service_principal = "s3";
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), list, at(0s))).wire_code,
              "ValidationException");
}

TEST_F(NewGrantTest, constraints_have_limits) {
    EncryptionContext pairs;
    for (int i = 0; i < 8; ++i) {
        pairs["key" + std::to_string(i)] = std::string(384, 'v');
    }
    result_of(create(kKeyId, {"Decrypt"}, subset(pairs)));
    pairs["key8"] = "";
    expect_validation(create(kKeyId, {"Decrypt"}, subset(pairs)), "less than or equal to 8");
    expect_validation(create(kKeyId, {"Decrypt"}, equals(pairs)), "less than or equal to 8");
    const std::string long_text(385, 'x');
    expect_validation(create(kKeyId, {"Decrypt"}, subset({{"key", long_text}})), "equal to 384");
    expect_validation(create(kKeyId, {"Decrypt"}, equals({{long_text, "v"}})), "equal to 384");
}

}  // namespace
}  // namespace keyferry::simulator
