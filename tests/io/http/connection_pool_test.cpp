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

class ConnectionPoolTest : public HttpExchangeFixture {};

TEST_F(ConnectionPoolTest, reuses_connection_for_consecutive_requests) {
    server_.then(responding_with());
    EXPECT_EQ(ask(), "1");
    EXPECT_EQ(ask(), "2");
    EXPECT_EQ(ask(), "3");
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(ConnectionPoolTest, response_holds_its_connection) {
    server_.then(responding_with());
    server_.then(responding_with());
    {
        const HttpOutcome first = exchange();
        EXPECT_EQ(text(exchange()), "2");
        EXPECT_EQ(text(first), "1");
    }
    EXPECT_EQ(server_.connections(), 2U);
    EXPECT_EQ(ask(), "3");
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(ConnectionPoolTest, does_not_reuse_a_connection_that_the_server_closes) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(test::http_response("200 OK", "bye", "Connection: close\r\n"));
        co_await peer.until_closed();
    });
    server_.then(responding_with());
    EXPECT_EQ(ask(), "bye");
    EXPECT_EQ(ask(), "1");
}

TEST_F(ConnectionPoolTest, repeatable_request_is_resent_on_stale_connection) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(test::http_response("200 OK", "first"));
        co_await peer.request();
    });
    server_.then(responding_with());
    EXPECT_EQ(ask(), "first");
    EXPECT_EQ(text(exchange(Repeat::if_stale)), "1");
}

TEST_F(ConnectionPoolTest, request_is_not_resent_if_new_connection_breaks) {
    for (int i = 0; i < 2; ++i) {
        server_.then(
            [](test::ScriptedPeer& peer) -> asio::awaitable<void> { co_await peer.request(); });
    }
    EXPECT_EQ(exchange(Repeat::if_stale).index(), 1U);
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(ConnectionPoolTest, detects_closed_idle_connection) {
    server_.then(sending(test::http_response("200 OK", "first")));
    server_.then(responding_with());
    EXPECT_EQ(ask(), "first");
    io_.run_for(20ms);  // receive the end of the connection
    clock_.advance(1s);
    EXPECT_EQ(ask(), "1");
}

TEST_F(ConnectionPoolTest, detects_unexpected_data_on_idle_connection) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(test::http_response("200 OK", "first"));
        co_await peer.send(test::http_response("200 OK", "for another request"));
        co_await peer.until_closed();
    });
    server_.then(responding_with());
    EXPECT_EQ(ask(), "first");
    io_.run_for(20ms);
    clock_.advance(1s);
    EXPECT_EQ(ask(), "1");
}

TEST_F(ConnectionPoolTest, closes_connections_after_idle_timeout) {
    server_.then(responding_with());
    server_.then(responding_with());
    EXPECT_EQ(ask(), "1");
    clock_.advance(settings_.idle_max + 1ms);
    EXPECT_EQ(ask(), "2");
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(ConnectionPoolTest, does_not_reuse_connections_beyond_maximum_age) {
    server_.then(responding_with());
    server_.then(responding_with());
    for (int request = 1; request <= 30; ++request) {
        EXPECT_EQ(ask(), std::to_string(request));
        EXPECT_EQ(server_.connections(), 1U);
        clock_.advance(settings_.age_max / 30);
    }
    EXPECT_EQ(ask(), "31");  // served by the first connection, which is then too old
    clock_.advance(1ms);
    EXPECT_EQ(ask(), "32");
    EXPECT_EQ(ask(), "33");
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(ConnectionPoolTest, waiters_get_new_connection_for_expired_one) {
    settings_.connections_max = 1;
    settings_.age_max = 10s;
    server_.then(responding_with());
    server_.then(responding_with());
    std::optional<HttpOutcome> holding(exchange());
    std::optional<HttpOutcome> next;
    begin(next);
    io_.poll();
    clock_.advance(settings_.age_max + 1ms);
    holding.reset();
    run_until([&] { return next.has_value(); });
    EXPECT_EQ(text(*next), "2");
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(ConnectionPoolTest, new_connection_closed_before_response_is_not_stale) {
    server_.then(
        [](test::ScriptedPeer& peer) -> asio::awaitable<void> { co_await peer.request(); });
    const HttpFailure failure = fail();
    EXPECT_FALSE(failure.was_stale);
    EXPECT_TRUE(failure.sent);
}

TEST_F(ConnectionPoolTest, exchanges_beyond_limit_wait) {
    settings_.connections_max = 2;
    server_.then(responding_with());
    server_.then(responding_with());
    std::vector<std::optional<HttpOutcome>> outcomes(6);
    std::vector<std::string> texts;
    for (auto& outcome : outcomes) {
        auto release = [&](std::exception_ptr) {
            texts.push_back(text(*outcome));
            outcome.reset();  // returns the connection
        };
        asio::co_spawn(io_, test::keep_result(target().exchange(kRequest), outcome), release);
    }
    while (texts.size() < outcomes.size()) {
        ASSERT_GT(io_.run_one_for(10s), 0U);
    }
    EXPECT_THAT(texts, ::testing::UnorderedElementsAre("1", "2", "3", "4", "5", "6"));
    EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(ConnectionPoolTest, timeout_while_waiting_sends_nothing) {
    settings_.connections_max = 1;
    server_.then(responding_with());
    const HttpOutcome holding = exchange();
    std::optional<HttpOutcome> waiting;
    begin(waiting);
    io_.run_for(5ms);
    clock_.advance(settings_.request_timeout);
    run_until([&] { return waiting.has_value(); });
    const auto& failure = std::get<HttpFailure>(*waiting);
    EXPECT_EQ(failure.step, HttpStep::wait_for_connection);
    EXPECT_TRUE(failure.timed_out);
    EXPECT_FALSE(failure.sent);
    EXPECT_THAT(failure.message, HasSubstr("all 1 were in use"));
}

TEST_F(ConnectionPoolTest, waiters_get_new_connection_for_failed_one) {
    settings_.connections_max = 1;
    server_.then(
        [](test::ScriptedPeer& peer) -> asio::awaitable<void> { co_await peer.request(); });
    server_.then(responding_with());
    std::optional<HttpOutcome> first;
    std::optional<HttpOutcome> second;
    begin(first);
    begin(second);
    run_until([&] { return first && second; });
    EXPECT_TRUE(std::holds_alternative<HttpFailure>(*first));
    EXPECT_EQ(text(*second), "1");
}

TEST_F(ConnectionPoolTest, cancelling_a_waiter_keeps_queue_order) {
    settings_.connections_max = 1;
    server_.then(responding_with());
    std::optional<HttpOutcome> holding(exchange());
    asio::cancellation_signal stop;
    std::optional<HttpOutcome> cancelled;
    std::optional<HttpOutcome> next;
    auto ignore = [](std::exception_ptr) {
    };
    asio::co_spawn(io_,
                   test::keep_result(target().exchange(kRequest), cancelled),
                   asio::bind_cancellation_slot(stop.slot(), ignore));
    asio::co_spawn(io_, test::keep_result(target().exchange(kRequest), next), ignore);
    io_.run_for(5ms);
    stop.emit(asio::cancellation_type::terminal);
    holding.reset();
    run_until([&] { return next.has_value(); });
    EXPECT_FALSE(cancelled);
    EXPECT_EQ(text(*next), "2");
}

}  // namespace
}  // namespace keyferry::io
