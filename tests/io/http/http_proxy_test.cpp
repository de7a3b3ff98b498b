// SPDX-License-Identifier: Apache-2.0
// Exchanges through a proxy. A script acts as both the proxy and the origin behind it.
#include "tests/io/http/http_exchange_fixture.hpp"
#include "tests/support/tls_peer.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace asio = boost::asio;

class HttpProxyTest : public HttpExchangeFixture {
  protected:
    HttpProxyTest() {
        settings_.ca_file = std::string(std::getenv("HOME")) + "/proxied.pem";
        std::ofstream(settings_.ca_file) << certificate_.pem();
        const std::string proxy = "http://user:hunter2@" + origin();
        settings_.proxies = ProxySettings::parse(proxy, proxy, "direct.example").value();
    }

    HttpOutcome exchange_with(const HttpOrigin& far) {
        const HttpTarget far_target = client().target(far);
        return test::run_to_end(io_, far_target.exchange(kRequest));
    }
    HttpFailure failure_of(const HttpOrigin& far) {
        HttpOutcome outcome = exchange_with(far);
        return outcome.index() == 1 ? std::get<HttpFailure>(outcome)
                                    : HttpFailure(HttpStep::parse, "a response");
    }

    /// Responds to CONNECT with `response`, then acts as the TLS server behind the tunnel for one
    /// request.
    test::ScriptedServer::Script tunnelling(std::string response) {
        return [this, response](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            connects_.push_back(co_await peer.request());
            co_await peer.send(response);
            test::TlsPeer tls(certificate_);
            std::string request;
            while (request.size() < kRequest.size()) {
                const std::string bytes = co_await peer.bytes();
                request += tls.receive(bytes);
                co_await peer.send(tls.to_send());
            }
            EXPECT_EQ(request, kRequest);
            EXPECT_EQ(tls.server_name(), "kms.example");
            tls.say(test::http_response("200 OK", "through"));
            co_await peer.send(tls.to_send());
            co_await peer.until_closed();
        };
    }

    const test::TestCertificate certificate_{"DNS:kms.example"};
    const HttpOrigin kms_{true, "kms.example", 443};
    std::vector<std::string> connects_;
};

TEST_F(HttpProxyTest, performs_tls_handshake_through_tunnel) {
    server_.then(tunnelling("HTTP/1.1 200 Connection established\r\n\r\n"));
    EXPECT_EQ(text(exchange_with(kms_)), "through");
    ASSERT_EQ(connects_.size(), 1U);
    EXPECT_THAT(connects_[0], StartsWith("CONNECT kms.example:443 HTTP/1.1\r\n"));
    EXPECT_THAT(connects_[0], HasSubstr("\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n"));
}

TEST_F(HttpProxyTest, refusal_sends_nothing_and_hides_password) {
    server_.then(tunnelling("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    const HttpFailure failure = failure_of(kms_);
    EXPECT_EQ(failure.step, HttpStep::tunnel);
    EXPECT_FALSE(failure.sent);
    EXPECT_THAT(failure.message,
                StartsWith("requesting a tunnel to kms.example:443 through the proxy " + origin() +
                           ": HTTP status 407"));
    EXPECT_THAT(failure.message, Not(HasSubstr("hunter2")));
}

TEST_F(HttpProxyTest, silent_proxy_times_out_like_a_handshake) {
    server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        clock_.advance(settings_.handshake_timeout + settings_.deadline_tick);
        co_await peer.until_closed();
    });
    const HttpFailure failure = failure_of(kms_);
    EXPECT_EQ(failure.step, HttpStep::tunnel);
    EXPECT_TRUE(failure.timed_out);
    EXPECT_FALSE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("timed out after at most 5000 ms"));
}

TEST_F(HttpProxyTest, verifies_origin_certificate) {
    server_.then(tunnelling("HTTP/1.1 200 OK\r\n\r\n"));
    const HttpFailure failure = failure_of(HttpOrigin(true, "other.example", 443));
    EXPECT_EQ(failure.step, HttpStep::handshake);
    EXPECT_FALSE(failure.sent);
    EXPECT_TRUE(failure.certificate_is_untrusted);
    EXPECT_THAT(failure.message, HasSubstr("hostname mismatch"));
}

TEST_F(HttpProxyTest, is_not_used_for_no_proxy_origins) {
    const HttpFailure failure = failure_of(HttpOrigin(true, "direct.example", 443));
    EXPECT_EQ(failure.step, HttpStep::look_up);
    EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(HttpProxyTest, receives_plain_requests_with_absolute_url) {
    std::string seen;
    server_.then([&](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        for (int request = 0; request < 2; ++request) {
            seen = co_await peer.request();
            co_await peer.send(test::http_response("200 OK", "passed on"));
        }
        co_await peer.until_closed();
    });
    const HttpOrigin far(false, "far.example", 8000);
    EXPECT_EQ(text(exchange_with(far)), "passed on");
    EXPECT_EQ(text(exchange_with(far)), "passed on");
    EXPECT_EQ(server_.connections(), 1U);
    EXPECT_EQ(seen,
              "POST http://far.example:8000/ HTTP/1.1\r\n"
              "Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n"
              "Host: localhost\r\nContent-Length: 4\r\n\r\nping");
}

}  // namespace
}  // namespace keyferry::io
