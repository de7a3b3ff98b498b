// SPDX-License-Identifier: Apache-2.0
// Tests grants, and the access that they give to callers.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kApp = "arn:aws:iam::111122223333:role/app";

class KeyGrantsTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request, const PolicyCaller* caller = nullptr) {
        return model_.handle(in_virginia(), request, at(0s), caller);
    }
    static CreateGrantRequest to_app() {
        CreateGrantRequest request(kKeyId);
        request.grantee_principal = kApp;
        request.operations = {"DescribeKey"};
        return request;
    }
    std::string grant(const CreateGrantRequest& request) {
        return result_of(call(request)).grant_id;
    }
    std::vector<std::string> grants() {
        std::vector<std::string> ids;
        const ListGrantsResult listed = result_of(call(ListGrantsRequest(kKeyId)));
        for (const GrantListEntry& entry : listed.grants) {
            ids.push_back(entry.grant_id);
        }
        return ids;
    }
    static PolicyIdentity identity_named(std::string name) {
        PolicyIdentity identity(account());
        identity.name = std::move(name);
        identity.policies = std::make_shared<const PolicyDocuments>();
        return identity;
    }
    template <typename Request>
    bool may(const PolicyIdentity& identity, const Request& request) {
        const PolicyCaller caller{&identity};
        if (model_.authorize(in_virginia(), request, at(0s), caller)) {
            return false;
        }
        const auto handled = call(request, &caller);
        const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
        return refusal == nullptr || refusal->code != io::KmsErrorCode::access_denied;
    }
};

TEST_F(KeyGrantsTest, grant_gives_access_until_it_is_revoked) {
    const PolicyIdentity app = identity_named("assumed-role/app/me");
    EXPECT_FALSE(may(app, io::DescribeKeyRequest(kKeyId)));
    const std::string id = grant(to_app());
    EXPECT_TRUE(may(app, io::DescribeKeyRequest(kKeyId)));
    EXPECT_FALSE(may(app, io::GetKeyPolicyRequest(kKeyId))) << "not one of the grant's operations";
    EXPECT_FALSE(may(identity_named("user/app"), io::DescribeKeyRequest(kKeyId)));
    RevokeGrantRequest revoke(kKeyId);
    revoke.grant_id = id;
    EXPECT_EQ(call(revoke).effect.kind, EffectKind::grant_ended);
    EXPECT_FALSE(may(app, io::DescribeKeyRequest(kKeyId)));
    EXPECT_EQ(refusal_of(call(revoke)).code, io::KmsErrorCode::not_found);
}

TEST_F(KeyGrantsTest, named_grant_is_created_once) {
    CreateGrantRequest request = to_app();
    request.name = "app";
    const std::string id = grant(request);
    EXPECT_EQ(grant(request), id);
    request.operations.emplace_back("Decrypt");
    const std::string other = grant(request);
    EXPECT_THAT(grants(), ElementsAre(id, other)) << "different parameters create a new grant";
    request.name.reset();
    EXPECT_NE(grant(request), other) << "grants without a name are never the same";
}

TEST_F(KeyGrantsTest, lists_grants_by_grantee_and_page) {
    grant(to_app());
    CreateGrantRequest to_user = to_app();
    to_user.grantee_principal = "arn:aws:iam::111122223333:user/ann";
    to_user.retiring_principal = kApp;
    const std::string id = grant(to_user);
    ListGrantsRequest request(kKeyId);
    request.grantee_principal = to_user.grantee_principal;
    const ListGrantsResult listed = result_of(call(request));
    ASSERT_EQ(listed.grants.size(), 1U);
    EXPECT_EQ(listed.grants[0].grant_id, id);
    EXPECT_EQ(listed.grants[0].key_id, kArn);
    EXPECT_EQ(listed.grants[0].issuing_account, "arn:aws:iam::111122223333:root");
    EXPECT_EQ(listed.grants[0].creation_date_s, 1'800'000'000.0);
    request.grantee_principal.reset();
    request.limit = 1;
    const ListGrantsResult first = result_of(call(request));
    EXPECT_TRUE(first.truncated);
    request.marker = first.next_marker;
    EXPECT_EQ(result_of(call(request)).grants[0].grant_id, id);
    ListRetirableGrantsRequest retirable;
    retirable.retiring_principal = kApp;
    EXPECT_EQ(result_of(call(retirable)).grants.size(), 1U);
}

TEST_F(KeyGrantsTest, retirable_grants_are_listed_for_principals_of_the_callers_account) {
    CreateGrantRequest request = to_app();
    request.retiring_principal = kApp;
    grant(request);
    const io::AccountRegion other(io::AccountId::parse("444455556666").value(), virginia());
    ListRetirableGrantsRequest list;
    list.retiring_principal = kApp;
    const KmsRefusal refused = refusal_of(model_.handle(other, list, at(0s)));
    EXPECT_EQ(refused.wire_code, "AccessDeniedException");
    EXPECT_EQ(refused.message,
              "User: arn:aws:iam::444455556666:user/simulated is not authorized to perform: "
              "kms:ListRetirableGrants on resource: " +
                  kApp +
                  " because no resource-based policy allows the kms:ListRetirableGrants action");
    request.retiring_principal = "arn:aws:iam::444455556666:role/app";
    const std::string id = grant(request);
    list.retiring_principal = request.retiring_principal;
    const auto listed = model_.handle(other, list, at(0s));
    ASSERT_EQ(result_of(listed).grants.size(), 1U) << "of a key in another account";
    EXPECT_EQ(result_of(listed).grants[0].grant_id, id);
    EXPECT_EQ(result_of(listed).grants[0].key_id, kArn);
    ListRetirableGrantsRequest by_service;
    by_service.retiring_service_principal = "ec2.amazonaws.com";
    EXPECT_EQ(refusal_of(call(by_service)).wire_code, "AccessDeniedException")
        << "no caller is a service";
    by_service.retiring_principal = kApp;
    EXPECT_EQ(refusal_of(call(by_service)).wire_code, "ValidationException");
}

TEST_F(KeyGrantsTest, the_resource_of_list_retirable_grants_is_the_retiring_principal) {
    ListRetirableGrantsRequest list;
    list.retiring_principal = kApp;
    PolicyIdentity ann = identity_named("user/ann");
    const auto allow_on = [&](const std::string& resource) {
        const std::string text =
            R"({"Statement":{"Effect":"Allow","Action":"kms:ListRetirableGrants","Resource":")" +
            resource + "\"}}";
        ann.policies = std::make_shared<const PolicyDocuments>(
            PolicyDocuments{parse_policy(text, PolicyKind::identity).value()});
        return may(ann, list);
    };
    EXPECT_TRUE(allow_on("*"));
    EXPECT_TRUE(allow_on(kApp));
    EXPECT_FALSE(allow_on("arn:aws:iam::111122223333:role/other"));
}

TEST_F(KeyGrantsTest, retiring_principal_needs_no_policy) {
    CreateGrantRequest request = to_app();
    request.retiring_principal = "arn:aws:iam::111122223333:user/ann";
    const CreateGrantResult created = result_of(call(request));
    RetireGrantRequest retire;
    retire.grant_token = created.grant_token;
    EXPECT_FALSE(may(identity_named("assumed-role/app/me"), retire))
        << "RetireGrant is not granted";
    EXPECT_TRUE(may(identity_named("user/ann"), retire));
    EXPECT_THAT(grants(), IsEmpty());
    request.operations.emplace_back("RetireGrant");
    RetireGrantRequest by_id;
    by_id.key_id = std::string(kArn);
    by_id.grant_id = grant(request);
    EXPECT_TRUE(may(identity_named("assumed-role/app/me"), by_id));
    EXPECT_THAT(grants(), IsEmpty());
}

TEST_F(KeyGrantsTest, explicit_denial_stops_the_retiring_principal) {
    CreateGrantRequest request = to_app();
    request.retiring_principal = "arn:aws:iam::111122223333:user/ann";
    RetireGrantRequest retire;
    retire.grant_token = result_of(call(request)).grant_token;
    PolicyIdentity ann = identity_named("user/ann");
    const std::string denial =
        R"({"Statement":{"Effect":"Deny","Action":"kms:RetireGrant","Resource":"*"}})";
    ann.policies = std::make_shared<const PolicyDocuments>(
        PolicyDocuments{parse_policy(denial, PolicyKind::identity).value()});
    EXPECT_FALSE(may(ann, retire)) << "by an identity-based policy";
    const std::string statement = R"("Principal":"*","Action":"kms:*","Resource":"*"})";
    model_.set_policy(primary(), R"({"Statement":{"Effect":"Deny",)" + statement + "}");
    EXPECT_FALSE(may(identity_named("user/ann"), retire)) << "by the key policy";
    model_.set_policy(primary(), "");
    EXPECT_TRUE(may(identity_named("user/ann"), retire));
}

TEST_F(KeyGrantsTest, a_grantee_can_grant_only_its_own_operations) {
    CreateGrantRequest request = to_app();
    request.operations = {"CreateGrant", "DescribeKey"};
    grant(request);
    const PolicyIdentity app = identity_named("assumed-role/app/me");
    CreateGrantRequest child = to_app();
    EXPECT_TRUE(may(app, child));
    child.operations = {"Decrypt"};
    EXPECT_FALSE(may(app, child));
}

TEST_F(KeyGrantsTest, refuses_grants_that_kms_refuses) {
    CreateGrantRequest request = to_app();
    request.grantee_principal = "arn:aws:iam::111122223333:group/admins";
    EXPECT_EQ(refusal_of(call(request)).code, io::KmsErrorCode::invalid_arn);
    request = to_app();
    request.operations = {"ReplicateKey"};
    EXPECT_EQ(refusal_of(call(request)).code, io::KmsErrorCode::validation);
    request = to_app();
    request.dry_run = true;
    EXPECT_EQ(refusal_of(call(request)).wire_code, "DryRunOperationException");
    result_of(call(io::DisableKeyRequest(kKeyId)));
    EXPECT_EQ(refusal_of(call(to_app())).code, io::KmsErrorCode::disabled);
    EXPECT_THAT(grants(), IsEmpty());
}

TEST_F(KeyGrantsTest, grants_are_saved_and_are_deleted_with_the_key) {
    CreateGrantRequest request = to_app();
    request.name = "app";
    request.constraints.equals = EncryptionContext{{"a \"quoted\" key", "1"}};
    grant(request);
    KmsModel other{KmsModelSettings{}};
    copy_state(model_, other, at(0s));
    EXPECT_EQ(other.state_text(at(0s)), model_.state_text(at(0s)));
    EXPECT_TRUE(model_.remove_key(primary()));
    EXPECT_EQ(model_.state_text(at(0s)).find("\"operations\""), std::string::npos);
}

}  // namespace
}  // namespace keyferry::simulator
