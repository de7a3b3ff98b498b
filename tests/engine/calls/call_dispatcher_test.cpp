// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/call_dispatcher.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/engine/support/places.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

namespace asio = boost::asio;

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A user of the dispatcher. Its calls take 100 ms unless a test sets another duration.
class CallDispatcherTest : public ::testing::Test, protected CallDispatcher::User {
  protected:
    void start(const StartedCall& call) override {
        started.push_back(call.call.id);
        if (on_start) {
            on_start(call);
        }
        dispatcher->spawn(call, respond(call));
    }
    void abandon(const LaneCall& call, const ScopeNews& news) override {
        abandoned.push_back(call.call.id);
        abandoned_scope = news.scope;
        if (on_abandon) {
            on_abandon(call);
        }
    }
    void refill() override {
        if (on_refill) {
            on_refill();
        }
    }

    asio::awaitable<void> respond(StartedCall call) {
        co_await clock.sleep_until(clock.now() + milliseconds(100), asio::use_awaitable);
        if (on_response) {
            on_response(call);
        }
        ended.push_back(call.call.id);
    }

    CallDispatcher& make(milliseconds lead = milliseconds(0)) {
        CallDispatcher::User& user = *this;
        dispatcher.emplace(settings, clock, io.get_executor(), user, lead);
        lane = dispatcher->lanes().lane(at("us-east-1"), io::KmsApi::describe_key);
        return *dispatcher;
    }
    void enqueue(std::uint32_t calls) {
        for (std::uint32_t id = 0; id < calls; ++id) {
            dispatcher->enqueue(lane, WaitingCall{id, 0});
        }
    }
    /// Returns whether the run is over.
    bool run() {
        bool is_over = false;
        error = nullptr;
        asio::co_spawn(io, dispatcher->run(), [&](std::exception_ptr thrown) {
            is_over = true;
            error = std::move(thrown);
        });
        clock.run(io);
        return is_over;
    }
    /// Makes every call of the account fail because its credentials are rejected.
    void refuse_credentials() {
        on_response = [this](const StartedCall& call) {
            CallFeedback feedback(FailureClass::bad_credentials);
            feedback.code = "ExpiredTokenException";
            feedback.message = "expired";
            dispatcher->record(call, feedback);
        };
    }

    asio::io_context io{1};
    io::VirtualClock clock{io};
    planner::RunSettings settings;
    std::optional<CallDispatcher> dispatcher;
    LaneIndex lane = 0;
    std::function<void(const StartedCall&)> on_start;
    std::function<void(const StartedCall&)> on_response;
    std::function<void(const LaneCall&)> on_abandon;
    std::function<void()> on_refill;
    std::vector<std::uint32_t> started;
    std::vector<std::uint32_t> ended;
    std::vector<std::uint32_t> abandoned;
    std::optional<FailureScope> abandoned_scope;
    std::exception_ptr error;
};

TEST_F(CallDispatcherTest, ends_at_once_without_calls) {
    make();
    EXPECT_TRUE(run());
    EXPECT_EQ(clock.now(), io::Moment{});
}

TEST_F(CallDispatcherTest, starts_thousands_of_calls_that_may_be_sent_immediately) {
    settings.limits.in_flight_max = 10'000;
    settings.limits.in_flight_max_per_endpoint = 10'000;
    make(seconds(2));
    std::size_t started_at_once = 0;
    on_response = [&](const StartedCall&) {
        if (started_at_once == 0) {
            started_at_once = started.size();
        }
    };
    enqueue(3000);
    EXPECT_TRUE(run());
    EXPECT_GT(started_at_once, 2500U) << "all calls that may be sent within two seconds";
    EXPECT_EQ(ended.size(), 3000U);
}

TEST_F(CallDispatcherTest, can_run_again_for_calls_that_are_queued_later) {
    make();
    enqueue(3);
    EXPECT_TRUE(run());
    enqueue(2);
    EXPECT_TRUE(run());
    EXPECT_EQ(ended.size(), 5U);
}

TEST_F(CallDispatcherTest, dispatchers_in_sequence_stay_within_the_quota) {
    constexpr int kQuota = 5;
    settings.limits.overrides.push_back({{}, {}, io::KmsApi::describe_key, kQuota});
    QuotaUse use;
    std::vector<io::Moment> sent;
    on_start = [&](const StartedCall& call) {
        sent.push_back(call.at);
    };
    for (int step = 0; step < 4; ++step) {
        make().share_quota_use(use);
        enqueue(4);
        EXPECT_TRUE(run());
    }
    ASSERT_EQ(sent.size(), 16U);
    for (std::size_t call = kQuota; call < sent.size(); ++call) {
        EXPECT_GE(sent[call] - sent[call - kQuota], seconds(1)) << call;
    }
    EXPECT_LT(sent.back() - sent.front(), seconds(5))
        << "the dispatchers are not separated by a fixed pause";
}

TEST_F(CallDispatcherTest, waits_for_calls_that_are_delayed) {
    make();
    dispatcher->enqueue(lane, WaitingCall{1, 0}, minutes(2));
    EXPECT_TRUE(run());
    EXPECT_EQ(clock.now(), io::Moment{} + minutes(2) + milliseconds(100));
}

TEST_F(CallDispatcherTest, stop_from_within_a_start_lets_the_calls_in_flight_end) {
    make();
    on_start = [&](const StartedCall&) {
        dispatcher->stop();
    };
    enqueue(10);
    EXPECT_TRUE(run());
    EXPECT_EQ(started, (std::vector<std::uint32_t>{0}))
        << "the next call would be allowed at the same time";
    EXPECT_EQ(ended, started);
    EXPECT_EQ(dispatcher->waiting(), 9U);
}

TEST_F(CallDispatcherTest, stop_from_within_the_end_of_a_call_starts_no_other) {
    settings.limits.in_flight_max_per_endpoint = 1;
    make();
    on_response = [&](const StartedCall&) {
        dispatcher->stop();
    };
    enqueue(10);
    EXPECT_TRUE(run());
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{0}));
}

TEST_F(CallDispatcherTest, stop_from_within_refill_starts_nothing) {
    make();
    on_refill = [&] {
        dispatcher->stop();
    };
    enqueue(10);
    EXPECT_TRUE(run());
    EXPECT_TRUE(started.empty());
}

TEST_F(CallDispatcherTest, stop_before_the_run_starts_nothing) {
    make();
    enqueue(10);
    dispatcher->stop();
    EXPECT_TRUE(run());
    EXPECT_TRUE(started.empty());
}

TEST_F(CallDispatcherTest, stop_from_within_an_abandoned_call_ends_the_run) {
    make();
    dispatcher->lanes().lane(at("us-east-1", "444455556666"), io::KmsApi::describe_key);
    refuse_credentials();
    on_abandon = [&](const LaneCall&) {
        dispatcher->stop();
    };
    enqueue(5000);
    EXPECT_TRUE(run());
    EXPECT_TRUE(dispatcher->is_stopping());
    EXPECT_EQ(ended.size(), started.size());
    EXPECT_LT(started.size(), 100U);
}

TEST_F(CallDispatcherTest, rethrows_the_exception_of_a_call_after_the_others_have_ended) {
    make();
    on_response = [](const StartedCall& call) {
        if (call.call.id == 1) {
            throw std::runtime_error("no memory");
        }
    };
    enqueue(3);
    EXPECT_TRUE(run());
    ASSERT_TRUE(error);
    EXPECT_THROW(std::rethrow_exception(error), std::runtime_error);
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{0, 2}));
}

TEST_F(CallDispatcherTest, starts_no_call_after_one_has_thrown) {
    settings.limits.in_flight_max_per_endpoint = 1;
    make();
    on_response = [](const StartedCall&) {
        throw std::runtime_error("no memory");
    };
    enqueue(3);
    EXPECT_TRUE(run());
    EXPECT_EQ(started.size(), 1U);
}

TEST_F(CallDispatcherTest, abandons_every_call_of_an_account_without_credentials) {
    make();
    const LaneIndex other =
        dispatcher->lanes().lane(at("us-east-1", "444455556666"), io::KmsApi::describe_key);
    on_response = [&](const StartedCall& call) {
        const bool is_refused = call.lane == lane;
        dispatcher->record(
            call, CallFeedback(is_refused ? FailureClass::bad_credentials : FailureClass::none));
    };
    enqueue(5000);
    dispatcher->enqueue(other, WaitingCall{9999, 0}, minutes(1));
    EXPECT_TRUE(run());
    EXPECT_EQ(abandoned_scope, FailureScope::account);
    EXPECT_EQ(abandoned.size() + started.size(), 5001U) << "more calls than are ended in one batch";
    EXPECT_EQ(started.back(), 9999U) << "the other account continues";
    EXPECT_FALSE(dispatcher->refused_account());
    EXPECT_EQ(dispatcher->refusal(), "");
}

TEST_F(CallDispatcherTest, abandons_calls_that_are_queued_for_an_abandoned_account) {
    make();
    const LaneIndex other =
        dispatcher->lanes().lane(at("us-east-1", "444455556666"), io::KmsApi::describe_key);
    on_response = [&](const StartedCall& call) {
        if (call.lane == lane) {
            dispatcher->record(call, CallFeedback(FailureClass::bad_credentials));
        } else {
            dispatcher->enqueue(lane, WaitingCall{7, 0}, minutes(10));
        }
    };
    enqueue(1);
    dispatcher->enqueue(other, WaitingCall{8, 0}, seconds(1));
    EXPECT_TRUE(run());
    EXPECT_EQ(abandoned, (std::vector<std::uint32_t>{7}));
    EXPECT_LT(clock.now(), io::Moment{} + seconds(2)) << "the call does not wait until it is due";
}

TEST_F(CallDispatcherTest, stops_when_no_account_has_credentials_that_aws_accepts) {
    make();
    refuse_credentials();
    enqueue(5000);
    EXPECT_TRUE(run());
    EXPECT_TRUE(dispatcher->is_stopping());
    ASSERT_TRUE(dispatcher->refused_account());
    EXPECT_EQ(dispatcher->refused_account()->place.account.digits(), "111122223333");
    EXPECT_EQ(dispatcher->refusal(), "ExpiredTokenException: expired");
}

TEST_F(CallDispatcherTest, a_call_that_takes_too_long_to_prepare_is_not_sent) {
    make(milliseconds(50));
    std::optional<bool> on_time;
    std::optional<bool> late;
    const auto check = [](CallDispatcher& calls,
                          StartedCall call,
                          std::optional<bool>& result) -> asio::awaitable<void> {
        result = co_await calls.wait_to_leave(call);
    };
    const StartedCall call{WaitingCall{1, 0}, lane, io::Moment{} + seconds(5), false};
    asio::co_spawn(io, check(*dispatcher, call, on_time), [](std::exception_ptr) {});
    clock.run(io);
    EXPECT_EQ(clock.now(), io::Moment{} + seconds(5))
        << "the call is sent as soon as it is allowed";
    EXPECT_EQ(on_time, true);
    clock.advance(milliseconds(101));
    asio::co_spawn(io, check(*dispatcher, call, late), [](std::exception_ptr) {});
    clock.run(io);
    EXPECT_EQ(late, false);
}

TEST_F(CallDispatcherTest, may_be_destroyed_while_a_call_waits_for_its_time) {
    make();
    dispatcher->enqueue(lane, WaitingCall{1, 0}, minutes(1));
    bool is_over = false;
    asio::co_spawn(io, dispatcher->run(), [&](std::exception_ptr) { is_over = true; });
    clock.run_until(io, io::Moment{} + seconds(1));
    dispatcher.reset();
    clock.run(io);
    EXPECT_FALSE(is_over);
    EXPECT_TRUE(started.empty());
}

}  // namespace
}  // namespace keyferry::engine
