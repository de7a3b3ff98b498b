// SPDX-License-Identifier: Apache-2.0
#include "tests/io/http/http_exchange_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace asio = boost::asio;

class HttpClientTest : public HttpExchangeFixture {};

TEST_F(HttpClientTest, sends_bytes_unchanged_and_returns_response) {
    std::string seen;
    server_.then([&](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        seen = co_await peer.request();
        co_await peer.send(test::http_response("418 Teapot", "short", "x-amzn-requestid: r-1\r\n"));
    });
    const HttpOutcome outcome = exchange();
    const auto& response = std::get<HttpResponse>(outcome);
    EXPECT_EQ(seen, kRequest);
    EXPECT_EQ(response.status(), 418);
    EXPECT_EQ(response.body(), "short");
    EXPECT_EQ(response.header(ResponseHeader::request_id), "r-1");
}

TEST_F(HttpClientTest, stale_connection_is_reported_with_request_sent) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(test::http_response("200 OK", "first"));
        co_await peer.request();
    });
    EXPECT_EQ(ask(), "first");
    const HttpFailure failure = fail();
    EXPECT_TRUE(failure.was_stale);
    EXPECT_TRUE(failure.sent);
    EXPECT_EQ(failure.step, HttpStep::receive);
    EXPECT_EQ(failure.message,
              "waiting for the response from " + origin() + ": the connection was closed");
}

TEST_F(HttpClientTest, reports_connection_closed_during_response) {
    server_.then(sending("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"));
    const HttpFailure failure = fail();
    EXPECT_TRUE(failure.sent);
    EXPECT_FALSE(failure.timed_out);
    EXPECT_THAT(failure.message, HasSubstr("in the middle of the response"));
}

TEST_F(HttpClientTest, reports_connection_reset) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        peer.reset();
    });
    const HttpFailure failure = fail();
    EXPECT_TRUE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("Connection reset by peer"));
}

TEST_F(HttpClientTest, reports_non_http_response) {
    server_.then(sending("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    const HttpFailure failure = fail();
    EXPECT_EQ(failure.step, HttpStep::parse);
    EXPECT_TRUE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("reading the response from " + origin()));
}

TEST_F(HttpClientTest, limits_headers_and_body) {
    server_.then(sending("HTTP/1.1 200 OK\r\nX: " + std::string(17 * 1024, 'x') + "\r\n\r\n"));
    server_.then(sending("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"));
    EXPECT_THAT(fail().message, HasSubstr("the headers exceed 16384 bytes"));
    EXPECT_THAT(fail().message, HasSubstr("the body exceeds 1048576 bytes"));
}

TEST_F(HttpClientTest, reads_long_and_chunked_bodies) {
    const std::string body(300'000, 'b');
    server_.then([&](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(test::http_response("200 OK", body));
        co_await peer.request();
        co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        co_await peer.send("2\r\nde\r\n0\r\n\r\n");
        co_await peer.until_closed();
    });
    EXPECT_EQ(ask(), body);
    EXPECT_EQ(ask(), "abcde");
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(HttpClientTest, silent_server_times_out) {
    server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        clock_.advance(settings_.request_timeout - 1ms);
        co_await peer.send("HTTP/1.1 200");
        clock_.advance(settings_.deadline_tick);
        co_await peer.until_closed();
    });
    const HttpFailure failure = fail();
    EXPECT_TRUE(failure.timed_out);
    EXPECT_TRUE(failure.sent);
    EXPECT_EQ(failure.message,
              "waiting for the response from " + origin() + ": timed out after at most 30000 ms");
}

TEST_F(HttpClientTest, refused_connection_sends_nothing) {
    asio::io_context other;
    std::uint16_t port = 0;
    {
        test::ScriptedServer gone(other);
        port = gone.port();
    }
    const HttpTarget target = client().target(HttpOrigin(false, "127.0.0.1", port));
    const HttpOutcome outcome = test::run_to_end(io_, target.exchange(kRequest));
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::connect);
    EXPECT_FALSE(failure.sent);
    EXPECT_FALSE(failure.was_stale);
    EXPECT_EQ(failure.message,
              "connecting to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_F(HttpClientTest, supports_ipv6) {
    std::optional<test::ScriptedServer> six;
    try {
        six.emplace(io_, asio::ip::address_v6::loopback());
    } catch (const boost::system::system_error&) {
        GTEST_SKIP() << "this machine has no IPv6";
    }
    six->then(responding_with());
    const HttpTarget target = client().target(HttpOrigin(false, "::1", six->port()));
    EXPECT_EQ(text(test::run_to_end(io_, target.exchange(kRequest))), "1");
}

TEST_F(HttpClientTest, unknown_host_sends_nothing) {
    // RFC 6761: ".invalid" never exists. The cause of the failure is the system's resolver or the
    // lack of a name server.
    const HttpTarget target = client().target(HttpOrigin(false, "keyferry.invalid", 80));
    const HttpOutcome outcome = test::run_to_end(io_, target.exchange(kRequest));
    const auto& failure = std::get<HttpFailure>(outcome);
    EXPECT_EQ(failure.step, HttpStep::look_up);
    EXPECT_FALSE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("looking up keyferry.invalid:80: "));
}

TEST_F(HttpClientTest, lookup_ends_with_result_or_at_deadline) {
    const HttpTarget target = client().target(HttpOrigin(false, "keyferry.invalid", 80));
    std::optional<HttpOutcome> outcome;
    asio::co_spawn(
        io_, test::keep_result(target.exchange(kRequest), outcome), [](std::exception_ptr) {});
    // The resolver runs on its own thread; its result is not processed before poll().
    io_.run_one();  // the accept loop or the exchange, whichever comes first
    io_.run_one();
    clock_.advance(settings_.connect_timeout + 1ms);
    run_until([&] { return outcome.has_value(); });
    const auto& failure = std::get<HttpFailure>(*outcome);
    EXPECT_EQ(failure.step, HttpStep::look_up);
    EXPECT_FALSE(failure.sent);
}

TEST_F(HttpClientTest, cancellation_ends_exchange_and_connection) {
    asio::cancellation_signal stop;
    server_.then([&](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        stop.emit(asio::cancellation_type::terminal);
        co_await peer.until_closed();
        ++answers_;
    });
    std::optional<HttpOutcome> outcome;
    std::exception_ptr thrown;
    auto keep = [&](std::exception_ptr error) {
        thrown = error;
    };
    asio::co_spawn(io_,
                   test::keep_result(target().exchange(kRequest), outcome),
                   asio::bind_cancellation_slot(stop.slot(), keep));
    while (answers_ == 0) {
        ASSERT_GT(io_.run_one_for(10s), 0U);
    }
    ASSERT_TRUE(thrown);
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), asio::error::operation_aborted);
    }
}

TEST(HttpClientLife, exchanges_may_outlive_client) {
    std::optional<HttpOutcome> outcome;
    asio::io_context io{1};
    VirtualClock clock(io);
    test::ScriptedServer server(io);
    bool asked = false;
    server.then([&](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        asked = true;
        co_await peer.until_closed();
    });
    {
        HttpClient client(io, clock, HttpSettings());
        const HttpTarget target = client.target(HttpOrigin(false, "127.0.0.1", server.port()));
        asio::co_spawn(
            io, test::keep_result(target.exchange(kRequest), outcome), [](std::exception_ptr) {});
        while (!asked) {
            ASSERT_GT(io.run_one_for(10s), 0U);
        }
    }
    EXPECT_FALSE(outcome);
}

TEST(HttpClientSettings, unreadable_ca_file_is_named) {
    asio::io_context io{1};
    VirtualClock clock(io);
    HttpSettings settings;
    settings.ca_file = "/nonexistent/ca.pem";
    try {
        const HttpClient client(io, clock, settings);
        ADD_FAILURE() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("\"/nonexistent/ca.pem\""));
    }
}

}  // namespace
}  // namespace keyferry::io
