// SPDX-License-Identifier: Apache-2.0
#include "io/identity/credential_json.hpp"

#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kAgent =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"se/cret","Token":"to+ken",)"
    R"("Expiration":"2026-11-23T12:36:00Z","AccountId":"111122223333"})";

std::string error_text(const CredentialsOutcome& outcome) {
    return outcome ? "no failure" : outcome.error().text;
}

TEST(CredentialJson, parses_metadata_response) {
    const Credentials found = read_metadata_credentials(kAgent, "an agent").value();
    EXPECT_EQ(found.access_key_id, "ASIA1");
    EXPECT_EQ(found.secret_access_key.reveal(), "se/cret");
    EXPECT_EQ(found.session_token->reveal(), "to+ken");
    EXPECT_EQ(amz_date(*found.expires_at), "20261123T123600Z");
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_EQ(found.source, "an agent");
}

TEST(CredentialJson, parses_metadata_error_with_status_200) {
    const std::string text = error_text(read_metadata_credentials(
        R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume\nit"})",
        "an agent"));
    EXPECT_EQ(text, "an agent: it returned AssumeRoleUnauthorizedAccess: EC2 cannot assume");
}

TEST(CredentialJson, errors_do_not_contain_values) {
    EXPECT_THAT(error_text(read_metadata_credentials("hunter2", "an agent")),
                HasSubstr("an agent: its response is invalid: it is not a JSON object"));
    EXPECT_THAT(error_text(read_metadata_credentials("[1]", "an agent")), HasSubstr("JSON object"));
    EXPECT_THAT(error_text(read_metadata_credentials("{}", "an agent")), HasSubstr("id is empty"));
    const std::string strange = R"({"AccessKeyId":"A","SecretAccessKey":"hunter2 x"})";
    EXPECT_THAT(error_text(read_metadata_credentials(strange, "an agent")),
                Not(HasSubstr("hunter2")));
    const std::string endless = R"({"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"never"})";
    EXPECT_THAT(error_text(read_metadata_credentials(endless, "an agent")),
                HasSubstr("Expiration: "));
}

TEST(CredentialJson, process_output_requires_version_1) {
    const Credentials found =
        read_process_credentials(
            R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t"})", "p")
            .value();
    EXPECT_EQ(found.session_token->reveal(), "t");
    EXPECT_FALSE(found.expires_at);
    EXPECT_THAT(error_text(read_process_credentials(
                    R"({"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"})", "p")),
                HasSubstr("Version is not 1"));
}

TEST(CredentialJson, sso_expiration_is_in_milliseconds) {
    const Credentials found =
        read_sso_credentials(R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s",)"
                             R"("sessionToken":"t","expiration":1440938160999}})",
                             "sso")
            .value();
    EXPECT_EQ(found.access_key_id, "A");
    EXPECT_EQ(amz_date(*found.expires_at), "20150830T123600Z");
    EXPECT_THAT(error_text(read_sso_credentials("{}", "sso")), HasSubstr("no roleCredentials"));
    EXPECT_THAT(error_text(read_sso_credentials(R"({"roleCredentials":{}})", "sso")),
                HasSubstr("expiration"));
}

TEST(CredentialJson, parses_sso_token_and_expiration) {
    const SsoToken token =
        read_sso_token(R"({"accessToken":"secret","expiresAt":"2026-11-23T12:36:00Z"})").value();
    EXPECT_EQ(token.access_token.reveal(), "secret");
    EXPECT_EQ(amz_date(token.expires_at), "20261123T123600Z");
    EXPECT_EQ(
        read_sso_token(R"({"accessToken":"s","expiresAt":"2026-11-23T12:36:00UTC"})")->expires_at,
        token.expires_at);
    EXPECT_THAT(read_sso_token(R"({"accessToken":"s"})").error().text, HasSubstr("expiresAt"));
}

TEST(CredentialJson, parses_documents_larger_than_the_buffer) {
    const std::string large = R"({"AccessKeyId":"A","SecretAccessKey":"s","Other":")" +
                              std::string(60'000, 'x') + R"("})";
    EXPECT_EQ(read_metadata_credentials(large, "an agent")->access_key_id, "A");
}

}  // namespace
}  // namespace keyferry::io
