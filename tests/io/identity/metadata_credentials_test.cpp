// SPDX-License-Identifier: Apache-2.0
#include "io/identity/metadata_credentials.hpp"

#include "tests/io/identity/credential_source_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kKeys =
    R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T06:00:00Z"})";

class MetadataCredentials : public CredentialSourceFixture {
  protected:
    CredentialsOutcome container(const std::string& token_file = "",
                                 const std::string& token = "") {
        ContainerSource origin(ServiceUrl::parse(url("/v2/credentials?id=1")).value());
        origin.token_file = token_file;
        origin.token = Secret(token);
        return run(container_credentials(io_, clock_, std::move(origin), "keyferry/1"));
    }
    CredentialsOutcome instance(int attempts = 1) {
        ImdsSource origin(ServiceUrl::parse(url()).value());
        origin.attempts = attempts;
        return run(imds_credentials(io_, clock_, std::move(origin), "keyferry/1"));
    }
};

TEST_F(MetadataCredentials, container_takes_one_request) {
    respond({ok(kKeys)});
    const Credentials found = container().value();
    EXPECT_EQ(found.access_key_id, "ASIA1");
    EXPECT_EQ(found.source, "the container credentials endpoint at " + url("/"))
        << "the path is a secret";
    EXPECT_THAT(requests_[0], StartsWith("GET /v2/credentials?id=1 HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], Not(HasSubstr("Authorization")));
}

TEST_F(MetadataCredentials, pod_rereads_token_file) {
    std::ofstream(folder_.file("token")) << "pod-token\n";
    respond({ok(kKeys)});
    EXPECT_TRUE(container(folder_.file("token"), "not this one"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nAuthorization: pod-token\r\n"));
}

TEST_F(MetadataCredentials, container_sends_token_from_environment) {
    respond({ok(kKeys)});
    EXPECT_TRUE(container("", "Basic abc"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nAuthorization: Basic abc\r\n"));
}

TEST_F(MetadataCredentials, rejects_token_with_header_injection) {
    EXPECT_THAT(
        container("", "a\r\nX-Evil: 1").error().text,
        HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN: the token contains invalid characters"));
    EXPECT_THAT(container(folder_.file("gone")).error().text,
                StartsWith("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "));
    EXPECT_TRUE(requests_.empty());
}

TEST_F(MetadataCredentials, container_is_tried_three_times) {
    respond({refusal("500 Oops", ""), "", ok(kKeys)});
    EXPECT_TRUE(container());
    EXPECT_EQ(requests_.size(), 3U);
}

TEST_F(MetadataCredentials, container_refusal_is_not_retried) {
    respond({refusal("403 Forbidden", R"({"message":"no role\nfor you"})")});
    const CredentialsOutcome outcome = container();
    EXPECT_FALSE(outcome.error().retryable);
    EXPECT_THAT(outcome.error().text, HasSubstr("returned HTTP status 403: no role"));
    EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(MetadataCredentials, instance_requests_token_first) {
    respond({ok("the-token"), ok("ferry-role\n"), ok(kKeys)});
    const Credentials found = instance().value();
    EXPECT_EQ(found.access_key_id, "ASIA1");
    EXPECT_EQ(found.source, "EC2 instance role ferry-role");
    ASSERT_EQ(requests_.size(), 3U);
    EXPECT_THAT(requests_[0], StartsWith("PUT /latest/api/token HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
    EXPECT_THAT(requests_[1],
                StartsWith("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[1], HasSubstr("\r\nX-aws-ec2-metadata-token: the-token\r\n"));
    EXPECT_THAT(
        requests_[2],
        StartsWith("GET /latest/meta-data/iam/security-credentials/ferry-role HTTP/1.1\r\n"));
}

TEST_F(MetadataCredentials, instance_never_falls_back_to_imds_v1) {
    respond({refusal("404 Not Found", "")});
    EXPECT_THAT(instance().error().text,
                StartsWith("the EC2 metadata service at " + url() + " returned HTTP status 404"));
    EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(MetadataCredentials, instance_requires_a_role) {
    respond({ok("the-token"), refusal("404 Not Found", "")});
    EXPECT_THAT(instance(5).error().text, HasSubstr("the instance has no IAM role"));
    EXPECT_EQ(requests_.size(), 2U);
}

TEST_F(MetadataCredentials, instance_attempts_follow_environment) {
    respond({"", "", ok("the-token"), ok("ferry-role"), ok(kKeys)});
    EXPECT_TRUE(instance(3));
}

}  // namespace
}  // namespace keyferry::io
