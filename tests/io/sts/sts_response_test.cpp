// SPDX-License-Identifier: Apache-2.0
#include "io/sts/sts_response.hpp"

#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kRole = R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/dr/s</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAEXAMPLE</AccessKeyId>
      <SecretAccessKey>se/cr+et</SecretAccessKey>
      <SessionToken>to&amp;ken==</SessionToken>
      <Expiration>2026-11-23T12:36:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>
</AssumeRoleResponse>)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

TEST(StsResponse, parses_role_credentials) {
    const Credentials credentials = read_session_credentials(kRole, "role dr").value();
    EXPECT_EQ(credentials.access_key_id, "ASIAEXAMPLE");
    EXPECT_EQ(credentials.secret_access_key.reveal(), "se/cr+et");
    EXPECT_EQ(credentials.session_token->reveal(), "to&ken==");
    EXPECT_EQ(amz_date(*credentials.expires_at), "20261123T123600Z");
    EXPECT_EQ(credentials.source, "role dr");
}

TEST(StsResponse, invalid_response_is_explained_without_secrets) {
    const auto problem = [](const std::string& xml) {
        const StsOutcome<Credentials> outcome = read_session_credentials(xml, "role dr");
        return outcome ? "no problem" : outcome.error().text;
    };
    EXPECT_THAT(problem("surely no XML"), HasSubstr("not XML"));
    EXPECT_THAT(problem("<a/>"), HasSubstr("access key id is empty"));
    EXPECT_THAT(problem(replaced(kRole, "2026-11-23T12:36:00Z", "soon")), HasSubstr("Expiration"));
    EXPECT_THAT(problem(replaced(kRole, "se/cr+et", "hunter2 x")), HasSubstr("secret access key"));
    EXPECT_THAT(problem(replaced(kRole, "se/cr+et", "hunter2 x")), Not(HasSubstr("hunter2")));
}

TEST(StsResponse, parses_caller_identity) {
    const CallerIdentity caller =
        read_caller_identity(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:"
            "user/a\x1b[31m</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>")
            .value();
    EXPECT_EQ(caller.account.digits(), "111122223333");
    EXPECT_EQ(caller.arn, "arn:aws:iam::111122223333:user/a?[31m");
    EXPECT_THAT(read_caller_identity("<a><b><Account>12</Account></b></a>").error().text,
                HasSubstr("Account"));
}

TEST(StsResponse, parses_error_code_and_message) {
    const StsFailure failure = read_sts_failure(
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is not "
        "authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>",
        "AssumeRole of r");
    EXPECT_FALSE(failure.retryable);
    EXPECT_EQ(failure.code, "AccessDenied");
    EXPECT_EQ(failure.text,
              "AssumeRole of r: STS returned AccessDenied: User: u is not authorized to perform: "
              "sts:AssumeRole");
}

TEST(StsResponse, message_omits_the_expected_request) {
    const StsFailure failure =
        read_sts_failure(403,
                         "<E><Error><Code>SignatureDoesNotMatch</Code><Message>It does not match."
                         "\n\nThe Canonical String was hunter2</Message></Error></E>",
                         "AssumeRole");
    EXPECT_EQ(failure.text, "AssumeRole: STS returned SignatureDoesNotMatch: It does not match.");
}

TEST(StsResponse, throttling_and_server_errors_are_retryable) {
    const auto is_retryable = [](int status, const std::string& code) {
        return read_sts_failure(
                   status, "<E><Error><Code>" + code + "</Code></Error></E>", "AssumeRole")
            .retryable;
    };
    EXPECT_TRUE(is_retryable(400, "Throttling"));
    EXPECT_TRUE(is_retryable(400, "IDPCommunicationError"));
    EXPECT_TRUE(is_retryable(503, "ServiceUnavailable"));
    EXPECT_FALSE(is_retryable(400, "ExpiredTokenException"));
    EXPECT_TRUE(read_sts_failure(502, "<html>", "AssumeRole").retryable);
    EXPECT_THAT(read_sts_failure(502, "<html>", "AssumeRole").text, HasSubstr("HTTP status 502"));
}

}  // namespace
}  // namespace keyferry::io
