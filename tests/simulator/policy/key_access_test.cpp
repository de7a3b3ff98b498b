// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/key_access.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tools/simulator/policy/known_principals.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::simulator {
namespace {

using testing::EndsWith;

constexpr const char* kKey = "arn:aws:kms:us-east-1:111122223333:key/k";
const std::string kAll = R"("Action":"kms:*","Resource":"*")";
const std::string kToAccount = R"({"Statement":{"Effect":"Allow","Principal":)"
                               R"({"AWS":"arn:aws:iam::111122223333:root"},)" +
                               kAll + "}}";
const std::string kToReader = R"({"Statement":{"Effect":"Allow","Principal":)"
                              R"({"AWS":"arn:aws:iam::111122223333:user/reader"},)" +
                              kAll + "}}";

std::string identity_policy(std::string_view effect) {
    return R"({"Statement":{"Effect":")" + std::string(effect) + "\"," + kAll + "}}";
}

class KeyAccessTest : public testing::Test {
  protected:
    /// Returns the end of the error message; empty if access is allowed.
    std::string denial(const std::string& key_policy) {
        const PolicyDocument document = parse_policy(key_policy, PolicyKind::key).value();
        const PolicyCaller caller{&identity_, scps_.empty() ? nullptr : &scps_};
        const PolicyRequest request = policy_request(caller, "aws", "kms:DescribeKey", kKey);
        const auto refusal =
            check_key_access(caller, request, KeyAccess{&document, "111122223333", is_granted_});
        return refusal ? refusal->message : "";
    }
    void give(const std::string& policy) {
        identity_.policies = std::make_shared<const PolicyDocuments>(
            PolicyDocuments{parse_policy(policy, PolicyKind::identity).value()});
    }
    void limit_session(const std::string& policy) {
        identity_.session_policies = std::make_shared<const PolicyDocuments>(
            PolicyDocuments{parse_policy(policy, PolicyKind::identity).value()});
    }

    PolicyIdentity identity_ = [] {
        PolicyIdentity identity(example::account());
        identity.name = "user/reader";
        return identity;
    }();
    PolicyDocuments scps_;
    bool is_granted_ = false;
};

TEST(PolicyIdentityTest, session_of_a_role_with_a_path_does_not_contain_the_path) {
    PolicyIdentity identity(example::account());
    identity.name = "assumed-role/team/cards/app/me";
    EXPECT_EQ(identity.arn("aws"), "arn:aws:sts::111122223333:assumed-role/app/me");
    EXPECT_EQ(identity.principal_arn("aws"), "arn:aws:iam::111122223333:role/team/cards/app");
    identity.name = "assumed-role/app/me";
    EXPECT_EQ(identity.arn("aws"), "arn:aws:sts::111122223333:assumed-role/app/me");
    identity.name = "user/team/reader";
    EXPECT_EQ(identity.arn("aws"), "arn:aws:iam::111122223333:user/team/reader");
}

TEST_F(KeyAccessTest, administrator_needs_the_key_policy_to_delegate) {
    EXPECT_EQ(denial(kToAccount), "");
    EXPECT_EQ(denial(kToReader), "");
    identity_.name = "user/other";
    EXPECT_EQ(denial(kToReader),
              "User: arn:aws:iam::111122223333:user/other is not authorized to perform: "
              "kms:DescribeKey on resource: arn:aws:kms:us-east-1:111122223333:key/k because no "
              "resource-based policy allows the kms:DescribeKey action");
}

TEST_F(KeyAccessTest, delegation_leaves_the_decision_to_the_identity_policy) {
    give(R"({"Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}})");
    EXPECT_THAT(denial(kToAccount),
                EndsWith("because no identity-based policy allows the kms:DescribeKey action"));
    EXPECT_EQ(denial(kToReader), "") << "the key policy alone is enough";
    is_granted_ = true;
    EXPECT_EQ(denial(kToAccount), "") << "so is a grant";
}

TEST_F(KeyAccessTest, explicit_deny_takes_precedence) {
    give(identity_policy("Deny"));
    EXPECT_THAT(denial(kToReader), EndsWith("with an explicit deny in an identity-based policy"));
    identity_.policies = nullptr;
    is_granted_ = true;
    EXPECT_THAT(denial(R"({"Statement":{"Effect":"Deny","Principal":"*",)" + kAll + "}}"),
                EndsWith("with an explicit deny in a resource-based policy"));
    scps_.push_back(parse_policy(identity_policy("Deny"), PolicyKind::identity).value());
    EXPECT_THAT(denial(kToReader), EndsWith("with an explicit deny in a service control policy"));
}

TEST_F(KeyAccessTest, service_control_policies_must_allow) {
    scps_.push_back(
        parse_policy(R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})",
                     PolicyKind::identity)
            .value());
    EXPECT_THAT(denial(kToReader),
                EndsWith("because no service control policy allows the kms:DescribeKey action"));
    scps_.push_back(parse_policy(identity_policy("Allow"), PolicyKind::identity).value());
    EXPECT_EQ(denial(kToReader), "");
}

TEST_F(KeyAccessTest, other_account_needs_both_policies) {
    identity_.account = io::AccountId::parse("444455556666").value();
    EXPECT_THAT(denial(kToAccount), EndsWith("a resource-based policy explicitly denies access"));
    const std::string shared = R"({"Statement":{"Effect":"Allow","Principal":)"
                               R"({"AWS":"444455556666"},)" +
                               kAll + "}}";
    EXPECT_EQ(denial(shared), "");
    give(R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})");
    EXPECT_THAT(denial(shared),
                EndsWith("because no identity-based policy allows the kms:DescribeKey action"));
}

TEST_F(KeyAccessTest, session_has_the_access_of_its_role) {
    identity_.name = "assumed-role/path/deployer/me";
    const auto to = [](std::string_view principal) {
        return R"({"Statement":{"Effect":"Allow","Principal":{"AWS":")" + std::string(principal) +
               "\"}," + kAll + "}}";
    };
    EXPECT_EQ(denial(to("arn:aws:iam::111122223333:role/path/deployer")), "");
    EXPECT_EQ(denial(to("arn:aws:sts::111122223333:assumed-role/deployer/me")), "")
        << "the ARN of a session does not contain the path of the role";
    EXPECT_NE(denial(to("arn:aws:sts::111122223333:assumed-role/deployer/you")), "");
}

/// A policy that delegates to the account and denies all principals except those in `list`.
std::string deny_all_but(std::string_view list) {
    return R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},)" + kAll +
           R"(},{"Effect":"Deny","NotPrincipal":{"AWS":[)" + std::string(list) + "]}," + kAll +
           "}]}";
}

constexpr std::string_view kRoot = R"("arn:aws:iam::111122223333:root")";

TEST_F(KeyAccessTest, not_principal_exempts_a_user_listed_with_its_account) {
    const std::string root(kRoot);
    const std::string reader = R"("arn:aws:iam::111122223333:user/reader")";
    EXPECT_EQ(denial(deny_all_but(reader + "," + root)), "");
    EXPECT_EQ(denial(deny_all_but(reader + R"(,"111122223333")")), "");
    EXPECT_NE(denial(deny_all_but(reader)), "") << "the account is denied";
    EXPECT_NE(denial(deny_all_but(root)), "") << "the user is denied";
    EXPECT_NE(denial(deny_all_but(R"("arn:aws:iam::111122223333:user/other",)" + root)), "");
    identity_.name = "root";
    EXPECT_EQ(denial(deny_all_but(root)), "");
}

TEST_F(KeyAccessTest, not_principal_exempts_a_session_listed_with_its_role_and_account) {
    identity_.name = "assumed-role/deployer/me";
    const std::string root(kRoot);
    const std::string role = R"("arn:aws:iam::111122223333:role/deployer")";
    const std::string session = R"("arn:aws:sts::111122223333:assumed-role/deployer/me")";
    EXPECT_EQ(denial(deny_all_but(session + "," + role + "," + root)), "");
    EXPECT_NE(denial(deny_all_but(role + "," + root)), "") << "the session is denied";
    EXPECT_NE(denial(deny_all_but(session + "," + root)), "") << "the role is denied";
    EXPECT_NE(denial(deny_all_but(session + "," + role)), "") << "the account is denied";
}

TEST_F(KeyAccessTest, session_policies_limit_the_role) {
    identity_.name = "assumed-role/deployer/me";
    const std::string to_role = R"({"Statement":{"Effect":"Allow","Principal":)"
                                R"({"AWS":"arn:aws:iam::111122223333:role/deployer"},)" +
                                kAll + "}}";
    const std::string to_session =
        R"({"Statement":{"Effect":"Allow","Principal":)"
        R"({"AWS":"arn:aws:sts::111122223333:assumed-role/deployer/me"},)" +
        kAll + "}}";
    limit_session(R"({"Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}})");
    EXPECT_THAT(denial(kToAccount),
                EndsWith("because no session policy allows the kms:DescribeKey action"));
    EXPECT_THAT(denial(to_role),
                EndsWith("because no session policy allows the kms:DescribeKey "
                         "action"));
    EXPECT_EQ(denial(to_session), "") << "added to what the session policies allow";
    limit_session(identity_policy("Allow"));
    EXPECT_EQ(denial(kToAccount), "");
    give(R"({"Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}})");
    EXPECT_THAT(denial(kToAccount),
                EndsWith("because no identity-based policy allows the kms:DescribeKey action"));
    limit_session(identity_policy("Deny"));
    EXPECT_THAT(denial(to_session), EndsWith("with an explicit deny in a session policy"));
}

TEST_F(KeyAccessTest, session_policies_limit_grants_to_the_role) {
    identity_.name = "assumed-role/deployer/me";
    limit_session(R"({"Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}})");
    is_granted_ = true;
    EXPECT_NE(denial(kToReader), "");
}

TEST_F(KeyAccessTest, policy_variables_in_resources_need_version_2012) {
    identity_.context = {{"aws:PrincipalTag/key", "k"}};
    const auto policy = [](std::string_view version) {
        return R"({"Version":")" + std::string(version) +
               R"(","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*",)"
               R"("Resource":"arn:aws:kms:*:*:key/${aws:PrincipalTag/key}"}})";
    };
    EXPECT_EQ(denial(policy("2012-10-17")), "");
    EXPECT_NE(denial(policy("2008-10-17")), "");
}

TEST_F(KeyAccessTest, old_statement_without_resource_has_no_effect) {
    const PolicyDocument old =
        parse_policy(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*"}})",
                     PolicyKind::existing_key)
            .value();
    const PolicyCaller caller{&identity_};
    const PolicyRequest request = policy_request(caller, "aws", "kms:DescribeKey", kKey);
    EXPECT_TRUE(check_key_access(caller, request, KeyAccess{&old, "111122223333"}));
}

TEST_F(KeyAccessTest, new_principals_exist_after_a_delay) {
    using namespace std::chrono_literals;
    const PolicyDocument policy = parse_policy(kToReader, PolicyKind::key).value();
    KnownPrincipals principals;
    EXPECT_TRUE(principals.exist_all(policy, io::Moment())) << "none are listed: all exist";
    principals.add("arn:aws:iam::111122223333:role/other", {});
    EXPECT_FALSE(principals.exist_all(policy, io::Moment()));
    principals.add("arn:aws:iam::111122223333:user/reader",
                   {io::Moment() + 10s, io::Moment() + 20s});
    EXPECT_FALSE(principals.exist_all(policy, io::Moment() + 9s));
    EXPECT_TRUE(principals.exist_all(policy, io::Moment() + 10s));
    EXPECT_FALSE(principals.exist_all(policy, io::Moment() + 20s)) << "deleted";
    EXPECT_TRUE(
        principals.exist_all(parse_policy(kToAccount, PolicyKind::key).value(), io::Moment()));
}

}  // namespace
}  // namespace keyferry::simulator
