// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/identities_file.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"

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
    EXPECT_EQ(*added, 2U);
    EXPECT_EQ(callers.role(kAccountDigits, "deployer")->external_id, "x");
    SignedRequest request("DescribeKey", "{}", at(0s).wall);
    request.access_key_id = "AKIDREADER";
    request.secret = "s3cret";
    request.sign();
    const auto caller = callers.authenticate(request.request(), "kms", at(0s));
    const auto& known = *std::get<Callers::Caller>(caller).identity;
    EXPECT_EQ(known.arn("aws"), "arn:aws:iam::111122223333:user/reader");
    EXPECT_TRUE(known.permissions.allow("kms:DescribeKey", "eu-west-1"));
    EXPECT_FALSE(known.permissions.allow("kms:DescribeKey", "us-east-1"));
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
}

}  // namespace
}  // namespace keyferry::simulator
