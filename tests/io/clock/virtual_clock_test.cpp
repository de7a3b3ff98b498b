// SPDX-License-Identifier: Apache-2.0
#include "io/clock/virtual_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr Moment at(std::chrono::nanoseconds since_start) {
    return Moment(since_start);
}

class VirtualClockTest : public ::testing::Test {
  protected:
    /// Records `name` when the sleep ends, followed by an asterisk if it was aborted.
    void sleep(std::string name, Moment until) {
        clock_.sleep_until(until, [this, name](boost::system::error_code error) {
            woken_.push_back(error ? name + "*" : name);
        });
    }
    void sleep(std::string name, Moment until, asio::cancellation_slot slot) {
        auto handler = [this, name](boost::system::error_code error) {
            woken_.push_back(error ? name + "*" : name);
        };
        clock_.sleep_until(until, asio::bind_cancellation_slot(slot, handler));
    }

    asio::io_context io_{1};
    VirtualClock clock_{io_};
    std::vector<std::string> woken_;
};

TEST_F(VirtualClockTest, jumps_from_one_deadline_to_the_next) {
    sleep("late", at(10h));
    sleep("soon", at(5ms));
    clock_.run(io_);
    EXPECT_EQ(woken_, (std::vector<std::string>{"soon", "late"}));
    EXPECT_EQ(clock_.now(), at(10h));
}

TEST_F(VirtualClockTest, equal_deadlines_end_in_start_order) {
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
        sleep(std::to_string(i), at(1s));
        expected.push_back(std::to_string(i));
    }
    clock_.run(io_);
    EXPECT_EQ(woken_, expected);
}

TEST_F(VirtualClockTest, past_deadline_does_not_complete_inline) {
    sleep("now", at(0s));
    EXPECT_TRUE(woken_.empty());
    clock_.run(io_);
    EXPECT_EQ(woken_, std::vector<std::string>{"now"});
    EXPECT_EQ(clock_.now(), at(0s));
}

TEST_F(VirtualClockTest, runs_all_ready_handlers_before_time_advances) {
    sleep("sleeper", at(1s));
    asio::post(io_, [this] {
        asio::post(io_,
                   [this] { woken_.push_back(clock_.now() == at(0s) ? "first" : "too late"); });
    });
    clock_.run(io_);
    EXPECT_EQ(woken_, (std::vector<std::string>{"first", "sleeper"}));
}

TEST_F(VirtualClockTest, wall_time_follows_virtual_time) {
    EXPECT_EQ(clock_.wall_now(), VirtualClock::kWallStart);
    sleep("a", at(90s));
    clock_.run(io_);
    EXPECT_EQ(clock_.wall_now(), VirtualClock::kWallStart + 90s);
}

TEST_F(VirtualClockTest, wall_time_starts_at_given_time) {
    const VirtualClock other(io_, WallTime(1'440'938'160'000ms));
    EXPECT_EQ(other.wall_now(), WallTime(1'440'938'160'000ms));
}

TEST_F(VirtualClockTest, cancelled_sleep_is_aborted_immediately) {
    asio::cancellation_signal stop;
    sleep("cancelled", at(1h), stop.slot());
    asio::post(io_, [&] {
        stop.emit(asio::cancellation_type::terminal);
        EXPECT_TRUE(woken_.empty()) << "completed inside emit()";
    });
    clock_.run(io_);
    EXPECT_EQ(woken_, std::vector<std::string>{"cancelled*"});
    EXPECT_EQ(clock_.now(), at(0s));
}

TEST_F(VirtualClockTest, late_cancellation_has_no_effect) {
    asio::cancellation_signal stop;
    sleep("done", at(1s), stop.slot());
    clock_.run(io_);
    stop.emit(asio::cancellation_type::terminal);
    clock_.run(io_);
    EXPECT_EQ(woken_, std::vector<std::string>{"done"});
}

TEST(VirtualClockLife, cancellation_signal_may_outlive_clock) {
    asio::io_context io{1};
    asio::cancellation_signal stop;
    std::optional<VirtualClock> clock(std::in_place, io);
    bool completed = false;
    auto note = [&](boost::system::error_code) {
        completed = true;
    };
    clock->sleep_until(at(1s), asio::bind_cancellation_slot(stop.slot(), note));
    clock.reset();
    stop.emit(asio::cancellation_type::terminal);
    io.run();
    EXPECT_FALSE(completed);
}

TEST_F(VirtualClockTest, run_until_leaves_later_sleeps_pending) {
    sleep("in", at(1s));
    sleep("at the end", at(2s));
    sleep("after", at(3s));
    clock_.run_until(io_, at(2s));
    EXPECT_EQ(woken_, (std::vector<std::string>{"in", "at the end"}));
    EXPECT_EQ(clock_.now(), at(2s));
    clock_.run(io_);
    EXPECT_EQ(woken_.back(), "after");
}

TEST_F(VirtualClockTest, advance_moves_time_without_running_handlers) {
    sleep("due", at(1s));
    sleep("not due", at(3s));
    clock_.advance(2s);
    EXPECT_TRUE(woken_.empty());
    io_.poll();
    EXPECT_EQ(woken_, std::vector<std::string>{"due"});
    EXPECT_EQ(clock_.now(), at(2s));
}

TEST_F(VirtualClockTest, stopped_io_context_ends_the_run) {
    clock_.sleep_until(at(1s), [this](boost::system::error_code) { io_.stop(); });
    sleep("never", at(2s));
    clock_.run(io_);
    EXPECT_TRUE(woken_.empty());
    EXPECT_EQ(clock_.now(), at(1s));
}

TEST_F(VirtualClockTest, run_can_be_resumed_after_exception) {
    clock_.sleep_until(at(1s),
                       [](boost::system::error_code) { throw std::runtime_error("broken"); });
    sleep("after", at(2s));
    EXPECT_THROW(clock_.run(io_), std::runtime_error);
    clock_.run(io_);
    EXPECT_EQ(woken_, std::vector<std::string>{"after"});
}

asio::awaitable<void> count_sleeps(Clock& clock, int times, int& count) {
    for (int i = 0; i < times; ++i) {
        co_await clock.sleep_until(clock.now() + 1s, asio::use_awaitable);
        ++count;
    }
}

TEST_F(VirtualClockTest, coroutines_can_sleep_for_a_week) {
    int count = 0;
    std::exception_ptr failure;
    const auto keep = [&](std::exception_ptr thrown) {
        failure = thrown;
    };
    co_spawn(io_, count_sleeps(clock_, 7 * 24, count), keep);
    clock_.run(io_);
    EXPECT_FALSE(failure);
    EXPECT_EQ(count, 7 * 24);
    EXPECT_EQ(clock_.now(), at(7 * 24 * 1s));
}

TEST_F(VirtualClockTest, cancelled_coroutine_aborts_its_sleep) {
    int count = 0;
    asio::cancellation_signal stop;
    std::exception_ptr failure;
    const auto keep = [&](std::exception_ptr thrown) {
        failure = thrown;
    };
    co_spawn(
        io_, count_sleeps(clock_, 100, count), asio::bind_cancellation_slot(stop.slot(), keep));
    clock_.sleep_until(at(3500ms), [&](boost::system::error_code) {
        stop.emit(asio::cancellation_type::terminal);
    });
    clock_.run(io_);
    EXPECT_TRUE(failure);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(clock_.now(), at(3500ms));
}

}  // namespace
}  // namespace keyferry::io
