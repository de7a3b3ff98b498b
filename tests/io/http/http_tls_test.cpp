// SPDX-License-Identifier: Apache-2.0
#include "io/clock/virtual_clock.hpp"
#include "io/http/http_client.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/tls_peer.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
namespace asio = boost::asio;

const std::string kRequest = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nping";

/// HTTP over TLS with both peers in this process and a certificate created for the test.
class HttpTlsTest : public ::testing::Test {
  protected:
    HttpTlsTest() {
        settings_.ca_file = std::string(std::getenv("HOME")) + "/ca.pem";
        std::ofstream(settings_.ca_file) << certificate_.pem();
    }

    HttpOutcome exchange(const std::string& host = "127.0.0.1") {
        if (!client_) {
            client_ = std::make_unique<HttpClient>(io_, clock_, settings_);
        }
        const HttpTarget target = client_->target(HttpOrigin(true, host, server_.port()));
        return test::run_to_end(io_, target.exchange(kRequest));
    }
    static std::string text(const HttpOutcome& outcome) {
        const auto* response = std::get_if<HttpResponse>(&outcome);
        return response ? std::string(response->body()) : std::get<HttpFailure>(outcome).message;
    }

    /// Performs the TLS handshake, sends the responses, one per request, and closes the TLS
    /// session.
    test::ScriptedServer::Script responding_with(std::vector<std::string> responses) {
        return [this, responses](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            test::TlsPeer tls(certificate_);
            for (const std::string& response : responses) {
                std::string request;
                while (request.size() < kRequest.size()) {
                    const std::string bytes = co_await peer.bytes();
                    request += tls.receive(bytes);
                    co_await peer.send(tls.to_send());
                }
                EXPECT_EQ(request, kRequest);
                tls.say(response);
                co_await peer.send(tls.to_send());
            }
            tls.say_goodbye();
            co_await peer.send(tls.to_send());
        };
    }

    const test::TestCertificate certificate_{"IP:127.0.0.1"};
    asio::io_context io_{1};
    VirtualClock clock_{io_};
    test::ScriptedServer server_{io_};
    HttpSettings settings_;
    std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpTlsTest, exchanges_over_one_connection) {
    server_.then(responding_with(
        {test::http_response("200 OK", "one"), test::http_response("200 OK", "two")}));
    EXPECT_EQ(text(exchange()), "one");
    EXPECT_EQ(text(exchange()), "two");
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(HttpTlsTest, reads_a_long_body) {
    const std::string body(200'000, 'b');
    server_.then(responding_with({test::http_response("200 OK", body)}));
    EXPECT_EQ(text(exchange()), body);
}

TEST_F(HttpTlsTest, detects_close_notify_on_idle_connection) {
    server_.then(responding_with({test::http_response("200 OK", "one")}));
    server_.then(responding_with({test::http_response("200 OK", "two")}));
    EXPECT_EQ(text(exchange()), "one");
    io_.run_for(std::chrono::milliseconds(20));
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(text(exchange()), "two");
}

TEST_F(HttpTlsTest, body_ended_by_close_notify_is_complete) {
    server_.then(responding_with({"HTTP/1.1 503 Unavailable\r\n\r\n<html>"}));
    EXPECT_EQ(text(exchange()), "<html>");
}

TEST_F(HttpTlsTest, body_ended_without_close_notify_is_incomplete) {
    server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        test::TlsPeer tls(certificate_);
        std::string request;
        while (request.empty()) {
            const std::string bytes = co_await peer.bytes();
            request = tls.receive(bytes);
            co_await peer.send(tls.to_send());
        }
        tls.say("HTTP/1.1 200 OK\r\n\r\n{");
        co_await peer.send(tls.to_send());
    });
    EXPECT_THAT(text(exchange()),
                HasSubstr("the connection was closed in the middle of the response"));
}

TEST_F(HttpTlsTest, wrong_host_name_is_rejected_before_sending) {
    server_.then(responding_with({test::http_response("200 OK", "never")}));
    const HttpOutcome outcome = exchange("localhost");
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::handshake);
    EXPECT_FALSE(failure.sent);
    EXPECT_EQ(failure.message,
              "TLS handshake with localhost:" + std::to_string(server_.port()) +
                  ": certificate verify failed: hostname mismatch (if a private CA signed the "
                  "certificate, set AWS_CA_BUNDLE to the CA's file)");
}

TEST_F(HttpTlsTest, unknown_ca_is_rejected_before_sending) {
    const test::TestCertificate other("IP:127.0.0.1");
    std::ofstream(settings_.ca_file) << other.pem();
    server_.then(responding_with({test::http_response("200 OK", "never")}));
    const HttpOutcome outcome = exchange();
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::handshake);
    EXPECT_FALSE(failure.sent);
    EXPECT_TRUE(failure.certificate_is_untrusted);
    EXPECT_THAT(failure.message, HasSubstr("certificate verify failed"));
}

TEST_F(HttpTlsTest, system_store_does_not_trust_test_certificate) {
    settings_.ca_file.clear();
    server_.then(responding_with({test::http_response("200 OK", "never")}));
    const HttpOutcome outcome = exchange();
    EXPECT_THAT(std::get<HttpFailure>(outcome).message, HasSubstr("certificate verify failed"));
}

TEST_F(HttpTlsTest, server_without_tls_receives_nothing) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.bytes();
        co_await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const HttpOutcome outcome = exchange();
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::handshake);
    EXPECT_FALSE(failure.sent);
    EXPECT_FALSE(failure.certificate_is_untrusted);
}

TEST_F(HttpTlsTest, handshake_times_out) {
    server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.bytes();
        clock_.advance(settings_.handshake_timeout + settings_.deadline_tick);
        co_await peer.until_closed();
    });
    const HttpOutcome outcome = exchange();
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::handshake);
    EXPECT_TRUE(failure.timed_out);
    EXPECT_FALSE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("timed out after at most 5000 ms"));
}

}  // namespace
}  // namespace keyferry::io
