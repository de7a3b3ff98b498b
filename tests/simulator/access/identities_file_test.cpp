// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/identities_file.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"
#include "tools/simulator/policy/key_access.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::HasSubstr;

std::string problem_of(std::string_view text) {
    Callers callers;
    const auto added = add_identities(text, account(), callers);
    return added ? std::string() : added.error().text;
}

TEST(IdentitiesFileTest, adds_identities_and_roles) {
    Callers callers;
    const auto added = add_identities(
        R"({"identities":[{"access_key_id":"AKIDREADER","secret_access_key":"s3cret",
                           "name":"user/reader",
                           "allow":[{"actions":["kms:Describe*"],"regions":["eu-*"]}]}],
            "roles":[{"name":"deployer","external_id":"x"}]})",
        account(),
        callers);
    ASSERT_TRUE(added) << added.error().text;
    EXPECT_EQ(added->identities, 2U);
    EXPECT_TRUE(added->principals.empty());
    EXPECT_EQ(callers.role(kAccountDigits, "deployer")->external_id, "x");
    SignedRequest request("DescribeKey", "{}", at(0s).wall);
    request.access_key_id = "AKIDREADER";
    request.secret = "s3cret";
    request.sign();
    const auto caller = callers.authenticate(request.request(), "kms", at(0s));
    const auto& known = *std::get<Callers::Caller>(caller).identity;
    EXPECT_EQ(known.arn("aws"), "arn:aws:iam::111122223333:user/reader");
    const PolicyCaller policy_caller = callers.policy_caller(known);
    const auto allows = [&](std::string_view action, std::string_view region) {
        PolicyRequest call = policy_request(policy_caller, "aws", action, "*");
        call.context.add("aws:RequestedRegion", region);
        return !check_identity_access(policy_caller, call);
    };
    EXPECT_TRUE(allows("kms:describekey", "eu-west-1")) << "actions are case-insensitive";
    EXPECT_FALSE(allows("kms:DescribeKey", "us-east-1"));
    EXPECT_FALSE(allows("kms:TagResource", "eu-west-1"));
}

TEST(IdentitiesFileTest, adds_policies_conditions_and_principals) {
    Callers callers;
    const auto added = add_identities(
        R"({"identities":[{"access_key_id":"AKIDREADER","secret_access_key":"s3cret",
                           "policy":[{"Statement":{"Effect":"Allow","Action":"kms:*",
                                                   "Resource":"*"}}],
                           "context":{"aws:PrincipalTag/team":"cards"}}],
            "service_control_policies":{"Statement":{"Effect":"Deny","Action":"kms:DisableKey",
                                                     "Resource":"*"}},
            "managed_policies":{"arn:aws:iam::111122223333:policy/read":
                {"Statement":{"Effect":"Allow","Action":"kms:Get*","Resource":"*"}}},
            "principals":["arn:aws:iam::111122223333:role/app",
                          {"arn":"arn:aws:iam::111122223333:role/new","exists_after":"90s",
                           "exists_until":"1h"}]})",
        account(),
        callers);
    ASSERT_TRUE(added) << added.error().text;
    EXPECT_NE(callers.policy_caller(PolicyIdentity(account())).service_control_policies, nullptr);
    EXPECT_NE(callers.managed_policy("arn:aws:iam::111122223333:policy/read"), nullptr);
    EXPECT_EQ(callers.managed_policy("arn:aws:iam::111122223333:policy/none"), nullptr);
    ASSERT_EQ(added->principals.size(), 2U);
    EXPECT_EQ(added->principals[0].exists_after, 0s);
    EXPECT_EQ(added->principals[1].exists_after, 90s);
    EXPECT_EQ(added->principals[1].exists_until, 1h);
}

TEST(IdentitiesFileTest, names_must_be_those_of_users_roles_and_sessions) {
    const auto problem_of_name = [](const std::string& name) {
        return problem_of(
            R"({"identities":[{"access_key_id":"A","secret_access_key":"s","name":")" + name +
            "\"}]}");
    };
    for (const char* name :
         {"user/a", "user/path/a", "root", "assumed-role/app/me", "assumed-role/path/app/me"}) {
        EXPECT_EQ(problem_of_name(name), "") << name;
    }
    for (const char* name : {"a", "", "group/a", "user/", "user/a b", "assumed-role/app"}) {
        EXPECT_THAT(problem_of_name(name), HasSubstr("must be user/NAME")) << name;
    }
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"my app"}]})"),
                HasSubstr("not the name of a role"));
}

TEST(IdentitiesFileTest, nothing_may_be_defined_twice) {
    EXPECT_THAT(problem_of(R"({"identities":[{"access_key_id":"A","secret_access_key":"s"},
                                             {"access_key_id":"A","secret_access_key":"t"}]})"),
                HasSubstr("\"A\" is defined twice"));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r"},{"name":"r"}]})"),
                HasSubstr("role/r\" is defined twice"));
    EXPECT_EQ(problem_of(R"({"roles":[{"name":"r"},{"name":"r","account":"444455556666"}]})"), "");
}

TEST(IdentitiesFileTest, errors_name_the_invalid_member) {
    EXPECT_EQ(problem_of("{}"), "");
    EXPECT_THAT(problem_of("{"), HasSubstr("invalid JSON: incomplete JSON"));
    EXPECT_THAT(problem_of(R"({"users":[]})"), HasSubstr("unknown member \"users\""));
    EXPECT_THAT(problem_of(R"({"identities":[{"access_key_id":"A"}]})"),
                HasSubstr("\"secret_access_key\" is missing"));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r","account":"12"}]})"), HasSubstr("12"));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r","allow":[{"regions":["*"]}]}]})"),
                HasSubstr("\"actions\" must be a list"));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r","deny":[]}]})"), HasSubstr("\"deny\""));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r","allow":[],"policy":[]}]})"),
                HasSubstr("cannot be combined"));
    EXPECT_THAT(problem_of(R"({"roles":[{"name":"r","policy":{"Statement":[]}}]})"),
                HasSubstr("invalid IAM policy: Syntax errors in policy."));
    EXPECT_THAT(problem_of(R"({"managed_policies":[]})"),
                HasSubstr("\"managed_policies\" must be an object"));
    EXPECT_THAT(problem_of(R"({"principals":["arn:aws:iam::111122223333:group/g"]})"),
                HasSubstr("group/g\" is not a principal"));
    EXPECT_THAT(problem_of(R"({"principals":[{"arn":"arn:aws:iam::111122223333:role/r",
                                              "exists_after":"1000000000h"}]})"),
                HasSubstr("\"exists_after\" is longer than 87672h"));
}

}  // namespace
}  // namespace keyferry::simulator
