// SPDX-License-Identifier: Apache-2.0
#include "io/identity/credential_resolver.hpp"

#include "tests/io/identity/credential_source_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CredentialResolverTest : public CredentialSourceFixture {
  protected:
    CredentialEndpoints endpoints() {
        CredentialEndpoints endpoints;
        endpoints.sts.custom = Endpoint::parse(url()).value();
        endpoints.sso = endpoints.sts;
        return endpoints;
    }

    CredentialsOutcome resolve(CredentialChain plan) {
        return run(resolver_.resolve(std::move(plan)));
    }
    static CredentialChain chain_of_keys() {
        return CredentialChain(make_credentials("AKIDBASE", "secret", "", "the base").value());
    }
    static RoleStep role(const std::string& name) {
        RoleStep step;
        step.role_arn = "arn:aws:iam::111122223333:role/" + name;
        step.session_name = "keyferry";
        step.where = "profile '" + name + "'";
        return step;
    }

    CredentialResolver resolver_{
        io_, clock_, HttpSettings(), endpoints(), Region::parse("us-east-1").value(), "keyferry/1"};
};

TEST_F(CredentialResolverTest, returns_static_keys_unchanged) {
    EXPECT_EQ(resolve(chain_of_keys())->access_key_id, "AKIDBASE");
    EXPECT_TRUE(requests_.empty());
}

TEST_F(CredentialResolverTest, assumes_chained_roles) {
    respond({ok(session("ASIAB")), ok(session("ASIAC"))});
    CredentialChain plan = chain_of_keys();
    plan.roles = {role("b"), role("c")};
    plan.region = Region::parse("eu-west-1").value();
    const Credentials found = resolve(std::move(plan)).value();
    EXPECT_EQ(found.access_key_id, "ASIAC");
    EXPECT_EQ(found.source,
              "role arn:aws:iam::111122223333:role/c for profile 'c', assumed with role "
              "arn:aws:iam::111122223333:role/b for profile 'b', assumed with the base");
    EXPECT_THAT(requests_[0], HasSubstr("Credential=AKIDBASE/20300101/eu-west-1/sts/"));
    EXPECT_THAT(requests_[0], HasSubstr("role%2Fb"));
    EXPECT_THAT(requests_[1], HasSubstr("Credential=ASIAB/"));
    EXPECT_THAT(requests_[1], HasSubstr("X-Amz-Security-Token: token-of-ASIAB"));
    EXPECT_THAT(requests_[1], HasSubstr("role%2Fc"));
}

TEST_F(CredentialResolverTest, uses_fallback_region_if_chain_has_none) {
    respond({ok(session("ASIAB"))});
    CredentialChain plan = chain_of_keys();
    plan.roles = {role("b")};
    EXPECT_TRUE(resolve(std::move(plan)));
    EXPECT_THAT(requests_[0], HasSubstr("/us-east-1/sts/"));
}

TEST_F(CredentialResolverTest, names_the_denied_role) {
    respond({refusal("403 Forbidden",
                     "<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>")});
    CredentialChain plan = chain_of_keys();
    plan.roles = {role("b")};
    const CredentialsOutcome outcome = resolve(std::move(plan));
    EXPECT_FALSE(outcome.error().retryable);
    EXPECT_EQ(outcome.error().text,
              "profile 'b': AssumeRole of arn:aws:iam::111122223333:role/b: STS returned "
              "AccessDenied: no");
    EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(CredentialResolverTest, retries_retryable_failures) {
    respond({refusal("500 Oops", ""), "", ok(session("ASIAB"))});
    CredentialChain plan = chain_of_keys();
    plan.roles = {role("b")};
    EXPECT_TRUE(resolve(std::move(plan)));
    EXPECT_EQ(requests_.size(), 3U);
}

TEST_F(CredentialResolverTest, rereads_web_identity_token) {
    WebIdentitySource origin;
    origin.role_arn = "arn:aws:iam::111122223333:role/pod";
    origin.session_name = "pod";
    origin.token_file = folder_.file("token");
    origin.where = "the environment";
    respond({ok(session("ASIA1")), ok(session("ASIA2"))});
    std::ofstream(folder_.file("token")) << "first-token\n";
    const Credentials found = resolve(CredentialChain(origin)).value();
    EXPECT_EQ(found.source,
              "role arn:aws:iam::111122223333:role/pod through web identity, the environment");
    std::ofstream(folder_.file("token")) << "second-token\n";
    EXPECT_TRUE(resolve(CredentialChain(origin)));
    EXPECT_THAT(requests_[0], HasSubstr("&WebIdentityToken=first-token"));
    EXPECT_THAT(requests_[0], Not(HasSubstr("Authorization")));
    EXPECT_THAT(requests_[1], HasSubstr("&WebIdentityToken=second-token"));
    std::ofstream(folder_.file("token")) << "";
    EXPECT_THAT(resolve(CredentialChain(origin)).error().text,
                HasSubstr("does not contain a token"));
}

TEST_F(CredentialResolverTest, lists_searched_sources_if_imds_does_not_respond) {
    ImdsSource origin(ServiceUrl::parse(url()).value());
    CredentialChain plan(std::move(origin));
    plan.searched_sources = "AWS_ACCESS_KEY_ID is not set; no file";
    respond({""});
    const std::string text = resolve(std::move(plan)).error().text;
    EXPECT_THAT(
        text,
        StartsWith("no AWS credentials found: AWS_ACCESS_KEY_ID is not set; no file; the EC2 "
                   "metadata service at " +
                   url()));
    EXPECT_THAT(text, HasSubstr("--profile"));
}

TEST_F(CredentialResolverTest, returns_caller_identity) {
    respond({ok("<R><Result><Arn>arn:x</Arn><Account>111122223333</Account></Result></R>")});
    auto caller = std::make_shared<const Credentials>(
        make_credentials("AKIDBASE", "secret", "", "the base").value());
    EXPECT_EQ(run(resolver_.caller_of(caller, std::nullopt))->account.digits(), "111122223333");
}

}  // namespace
}  // namespace keyferry::io
