// SPDX-License-Identifier: Apache-2.0
#include "io/sts/sts_client.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <string>

namespace keyferry::io {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace asio = boost::asio;

const std::string kSession =
    "<R><Result><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2026-11-23T12:36:00Z</Expiration></Credentials>"
    "</Result></R>";

class StsClientTest : public ::testing::Test {
  protected:
    StsClientTest() {
        auto made = std::make_shared<Credentials>(
            make_credentials("AKIDEXAMPLE", "secret", "the-session-token", "a test").value());
        caller_ = made;
    }

    StsEndpoint place() const {
        return StsEndpoint(
            Region::parse("eu-west-1").value(),
            Endpoint::parse(fmt::format("http://127.0.0.1:{}", server_.port())).value());
    }

    /// The response to the next request.
    void answer_with(const std::string& status, const std::string& body) {
        server_.then([this, status, body](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            request_ = co_await peer.request();
            co_await peer.send(test::http_response(status, body, "Connection: close\r\n"));
        });
    }

    asio::io_context io_{1};
    VirtualClock clock_{io_, WallTime(std::chrono::seconds(1'440'938'160))};  // 20150830T123600Z
    test::ScriptedServer server_{io_};
    HttpClient http_{io_, clock_, HttpSettings()};
    StsClient sts_{http_, clock_, "keyferry/1.2.3"};
    std::shared_ptr<const Credentials> caller_;
    std::string request_;
};

TEST_F(StsClientTest, assumes_a_role) {
    answer_with("200 OK", kSession);
    AssumeRoleRequest request("arn:aws:iam::111122223333:role/dr", "keyferry@host");
    request.external_id = "a/b c";
    request.duration = std::chrono::seconds(900);
    request.session_policy = R"({"Version":"2012-10-17"})";
    const auto outcome =
        test::run_to_end(io_, sts_.assume_role(place(), caller_, request, "role dr"));
    EXPECT_EQ(outcome.value().access_key_id, "ASIA");
    EXPECT_THAT(request_, StartsWith("POST / HTTP/1.1\r\n"));
    EXPECT_THAT(request_, HasSubstr("\r\nX-Amz-Date: 20150830T123600Z\r\n"));
    EXPECT_THAT(request_, HasSubstr("\r\nX-Amz-Security-Token: the-session-token\r\n"));
    EXPECT_THAT(request_, HasSubstr("\r\nUser-Agent: keyferry/1.2.3\r\n"));
    EXPECT_THAT(request_,
                HasSubstr("Credential=AKIDEXAMPLE/20150830/eu-west-1/sts/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "));
    EXPECT_THAT(
        request_,
        EndsWith("\r\n\r\nAction=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
                 "111122223333%3Arole%2Fdr&RoleSessionName=keyferry%40host&ExternalId=a%2Fb"
                 "%20c&Policy=%7B%22Version%22%3A%222012-10-17%22%7D&DurationSeconds=900"));
}

TEST_F(StsClientTest, web_identity_request_is_not_signed) {
    answer_with("200 OK", kSession);
    WebIdentityRequest request("arn:aws:iam::111122223333:role/dr", "pod", Secret("a.b-c_d"));
    const auto outcome = test::run_to_end(
        io_, sts_.assume_role_with_web_identity(place(), std::move(request), "a pod"));
    EXPECT_EQ(outcome.value().source, "a pod");
    EXPECT_THAT(request_, Not(HasSubstr("Authorization")));
    EXPECT_THAT(request_, Not(HasSubstr("X-Amz-Security-Token")));
    EXPECT_THAT(request_, HasSubstr("Action=AssumeRoleWithWebIdentity&"));
    EXPECT_THAT(request_, EndsWith("&WebIdentityToken=a.b-c_d"));
}

TEST_F(StsClientTest, gets_caller_identity) {
    answer_with("200 OK",
                "<R><Result><Arn>arn:x</Arn><Account>111122223333</Account></Result></R>");
    const auto outcome = test::run_to_end(io_, sts_.get_caller_identity(place(), caller_));
    EXPECT_EQ(outcome.value().account.digits(), "111122223333");
    EXPECT_EQ(outcome.value().arn, "arn:x");
}

TEST_F(StsClientTest, corrects_clock_skew) {
    answer_with("403 Forbidden",
                "<E><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired: "
                "20150830T123600Z is now earlier than 20150830T133100Z (20150830T133600Z - 5 "
                "min.)</Message></Error></E>");
    answer_with("200 OK",
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:x</Arn>"
                "<UserId>u</UserId><Account>111122223333</Account></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>");
    const auto found = test::run_to_end(io_, sts_.get_caller_identity(place(), caller_));
    ASSERT_TRUE(found) << found.error().text;
    EXPECT_THAT(request_, HasSubstr("\r\nX-Amz-Date: 20150830T133600Z\r\n"));
}

TEST_F(StsClientTest, distinguishes_refusals_from_failures) {
    answer_with("403 Forbidden", "<E><Error><Code>AccessDenied</Code></Error></E>");
    const AssumeRoleRequest request("arn:aws:iam::111122223333:role/dr", "s1");
    const auto refused =
        test::run_to_end(io_, sts_.assume_role(place(), caller_, request, "role dr"));
    EXPECT_FALSE(refused.error().retryable);
    EXPECT_THAT(refused.error().text,
                StartsWith("AssumeRole of arn:aws:iam::111122223333:role/dr: "));
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        peer.reset();
    });
    const auto broken =
        test::run_to_end(io_, sts_.assume_role(place(), caller_, request, "role dr"));
    EXPECT_TRUE(broken.error().retryable);
}

}  // namespace
}  // namespace keyferry::io
