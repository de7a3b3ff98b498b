// SPDX-License-Identifier: Apache-2.0
#include "io/clock/steady_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class SteadyClockTest : public ::testing::Test {
  protected:
    asio::io_context io_{1};
    SteadyClock clock_{io_};
    std::vector<std::string> woken_;

    auto note(std::string name) {
        return [this, name](boost::system::error_code error) {
            woken_.push_back(error ? name + "*" : name);
        };
    }
};

TEST_F(SteadyClockTest, sleep_never_ends_early) {
    const Moment until = clock_.now() + 2ms;
    Moment woken{};
    clock_.sleep_until(until, [&](boost::system::error_code) { woken = clock_.now(); });
    io_.run();
    EXPECT_GE(woken, until);
}

TEST_F(SteadyClockTest, equal_deadlines_end_in_start_order) {
    const Moment until = clock_.now() + 1ms;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
        clock_.sleep_until(until, note(std::to_string(i)));
        expected.push_back(std::to_string(i));
    }
    io_.run();
    EXPECT_EQ(woken_, expected);
}

TEST_F(SteadyClockTest, earlier_deadline_added_later_ends_first) {
    const Moment start = clock_.now();
    clock_.sleep_until(start + 3ms, note("second"));
    clock_.sleep_until(start + 1ms, note("first"));
    io_.run();
    EXPECT_EQ(woken_, (std::vector<std::string>{"first", "second"}));
}

TEST_F(SteadyClockTest, past_deadline_completes_immediately_but_not_inline) {
    clock_.sleep_until(clock_.now() - 1h, note("past"));
    EXPECT_TRUE(woken_.empty());
    io_.run();
    EXPECT_EQ(woken_, std::vector<std::string>{"past"});
}

TEST_F(SteadyClockTest, cancelling_the_last_sleep_lets_the_io_context_end) {
    asio::cancellation_signal stop;
    clock_.sleep_until(clock_.now() + 24h, asio::bind_cancellation_slot(stop.slot(), note("long")));
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(woken_.empty());
    io_.run();
    EXPECT_EQ(woken_, std::vector<std::string>{"long*"});
}

TEST_F(SteadyClockTest, cancelling_one_sleep_leaves_the_others) {
    asio::cancellation_signal stop;
    const Moment start = clock_.now();
    clock_.sleep_until(start + 1ms, asio::bind_cancellation_slot(stop.slot(), note("first")));
    clock_.sleep_until(start + 2ms, note("second"));
    stop.emit(asio::cancellation_type::terminal);
    io_.run();
    EXPECT_EQ(woken_, (std::vector<std::string>{"first*", "second"}));
}

TEST(SteadyClockLife, can_be_destroyed_with_pending_sleeps) {
    asio::io_context io{1};
    bool completed = false;
    {
        SteadyClock clock(io);
        clock.sleep_until(clock.now(), [&](boost::system::error_code) { completed = true; });
    }
    io.run();
    EXPECT_FALSE(completed);
}

}  // namespace
}  // namespace keyferry::io
