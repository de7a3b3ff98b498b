// SPDX-License-Identifier: Apache-2.0
#include "io/identity/sso_credentials.hpp"

#include "tests/io/identity/credential_source_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SsoCredentials : public CredentialSourceFixture {
  protected:
    SsoCredentials() {
        origin_.session = "corp";
        origin_.start_url = "https://corp.awsapps.com/start";
        origin_.region = Region::parse("eu-west-1").value();
        origin_.account = "111122223333";
        origin_.role = "Admin Role";
        origin_.profile = "dr";
        origin_.cache_folder = folder_.file("");
        origin_.where = "profile 'dr' (/config:3)";
    }

    void sign_in(const std::string& expires_at) {
        std::ofstream(sso_token_file(origin_))
            << R"({"accessToken":"sso-token","expiresAt":")" << expires_at << R"("})";
    }
    CredentialsOutcome find() {
        HttpClient http(io_, clock_, HttpSettings());
        return run(sso_credentials(http, origin_, Endpoint::parse(url()).value(), "keyferry/1"));
    }

    SsoSource origin_;
};

TEST_F(SsoCredentials, gets_role_credentials) {
    sign_in("2030-01-01T08:00:00Z");
    respond({ok(R"({"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"s",)"
                R"("sessionToken":"t","expiration":1893459600000}})")});
    const Credentials found = find().value();
    EXPECT_EQ(found.access_key_id, "ASIA1");
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_EQ(
        found.source,
        "role Admin Role of account 111122223333 through single sign-on, profile 'dr' (/config:3)");
    EXPECT_THAT(requests_[0],
                StartsWith("GET /federation/credentials?role_name=Admin%20Role&account_id="
                           "111122223333 HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nx-amz-sso_bearer_token: sso-token\r\n"));
}

TEST_F(SsoCredentials, token_file_name_matches_aws_cli) {
    // SHA-1 of "corp" and of the URL, as in botocore.
    EXPECT_THAT(sso_token_file(origin_),
                EndsWith("/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"));
    origin_.session = "";
    EXPECT_THAT(sso_token_file(origin_),
                EndsWith("/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"));
}

TEST_F(SsoCredentials, missing_token_suggests_sso_login) {
    EXPECT_THAT(find().error().text, HasSubstr("aws sso login --profile dr"));
    EXPECT_THAT(find().error().text, HasSubstr(".json does not exist"));
    EXPECT_FALSE(find().error().retryable);
    std::ofstream(sso_token_file(origin_)) << "hunter2";
    EXPECT_THAT(find().error().text, HasSubstr("not an AWS CLI token"));
    EXPECT_THAT(find().error().text, Not(HasSubstr("hunter2")));
}

TEST_F(SsoCredentials, portal_decides_whether_session_has_expired) {
    sign_in("2029-12-31T23:59:59Z");  // a minute ago by the local clock
    respond({ok(R"({"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"s",)"
                R"("sessionToken":"t","expiration":1893459600000}})"),
             refusal("401 Unauthorized", R"({"message":"Session token not found or invalid"})")});
    EXPECT_EQ(find().value().access_key_id, "ASIA1");
    EXPECT_THAT(find().error().text,
                HasSubstr("the SSO portal rejected the session (valid until 20291231T235959Z); "
                          "sign in with `aws sso login --profile dr`"));
}

TEST_F(SsoCredentials, reports_portal_error) {
    sign_in("2030-01-01T08:00:00Z");
    respond({refusal("401 Unauthorized", R"({"message":"Session token not found or invalid"})"),
             refusal("403 Forbidden", R"({"message":"No access"})"),
             refusal("429 Too Many", "")});
    EXPECT_THAT(find().error().text, HasSubstr("aws sso login --profile dr"));
    EXPECT_THAT(
        find().error().text,
        HasSubstr("HTTP status 403 for role Admin Role of account 111122223333: No access"));
    EXPECT_TRUE(find().error().retryable);
}

}  // namespace
}  // namespace keyferry::io
