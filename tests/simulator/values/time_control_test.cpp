// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/time_control.hpp"

#include "io/clock/virtual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class TimeControlTest : public testing::Test {
  protected:
    boost::asio::io_context io_{1};
    io::VirtualClock machine_{io_};
    TimeControl time_{machine_};
    io::WallTime start_ = machine_.wall_now();
};

TEST_F(TimeControlTest, is_the_machines_time_until_the_first_change) {
    machine_.advance(90s);
    EXPECT_EQ(time_.now().now, machine_.now());
    EXPECT_EQ(time_.now().wall, machine_.wall_now());
    EXPECT_EQ(time_.now().rate, 1);
    EXPECT_FALSE(time_.setting());
}

TEST_F(TimeControlTest, jumps_ahead_with_both_clocks) {
    time_.change(TimeChange{48h, std::nullopt});
    machine_.advance(1s);
    EXPECT_EQ(time_.now().wall, start_ + 48h + 1s);
    EXPECT_EQ(time_.now().now, machine_.now() + 48h);
    time_.change(TimeChange{1h, std::nullopt});
    EXPECT_EQ(time_.now().wall, start_ + 49h + 1s);
}

TEST_F(TimeControlTest, advances_at_the_given_rate) {
    machine_.advance(5s);
    time_.change(TimeChange{0ms, 3600});
    machine_.advance(2s);
    EXPECT_EQ(time_.now().wall, start_ + 5s + 2h);
    EXPECT_EQ(time_.now().now, io::Moment{} + 5s + 2h);
    EXPECT_EQ(time_.now().rate, 3600);
    time_.change(TimeChange{0ms, 1});
    machine_.advance(1s);
    EXPECT_EQ(time_.now().wall, start_ + 5s + 2h + 1s);
}

TEST_F(TimeControlTest, stops_at_rate_zero) {
    time_.change(TimeChange{0ms, 0});
    machine_.advance(1h);
    EXPECT_EQ(time_.now().wall, start_);
    time_.change(TimeChange{30min, std::nullopt});
    machine_.advance(1h);
    EXPECT_EQ(time_.now().wall, start_ + 30min);
}

TEST_F(TimeControlTest, continues_in_another_process) {
    time_.change(TimeChange{48h, 60});
    machine_.advance(5s);
    boost::asio::io_context io(1);
    io::VirtualClock later(io, start_ + 15s);
    TimeControl other(later);
    other.restore(time_.current());
    EXPECT_EQ(other.now().wall, start_ + 48h + 5min + 10s)
        << "while no process runs, time passes as on the machine's clock";
    later.advance(1s);
    EXPECT_EQ(other.now().wall, start_ + 48h + 6min + 10s);
    EXPECT_EQ(other.now().now, io::Moment{} + 1min);
}

TEST_F(TimeControlTest, stopped_time_remains_stopped_in_another_process) {
    time_.change(TimeChange{48h, 0});
    boost::asio::io_context io(1);
    io::VirtualClock later(io, start_ + 10h);
    TimeControl other(later);
    other.restore(time_.current());
    later.advance(1h);
    EXPECT_EQ(other.now().wall, start_ + 48h);
}

TEST_F(TimeControlTest, does_not_go_back_if_the_machines_clock_was_set_back) {
    time_.change(TimeChange{48h, std::nullopt});
    boost::asio::io_context io(1);
    io::VirtualClock earlier(io, start_ - 1h);
    TimeControl other(earlier);
    other.restore(time_.setting().value());
    EXPECT_EQ(other.now().wall, start_ + 48h);
    earlier.advance(1s);
    EXPECT_EQ(other.now().wall, start_ + 48h + 1s);
}

TEST_F(TimeControlTest, ends_at_the_last_time_that_can_be_stored) {
    for (int jumps = 0; jumps < 10; ++jumps) {
        time_.change(TimeChange{kTimeAdvanceMax, kTimeRateMax});
    }
    machine_.advance(1000h);
    EXPECT_EQ(time_.now().wall, kSimulatedTimeMax);
}

TEST(TimeChangeTest, parses_a_jump_and_a_rate) {
    EXPECT_EQ(parse_time_change("48h")->advance, 48h);
    EXPECT_EQ(parse_time_change("48h")->rate, std::nullopt);
    EXPECT_EQ(parse_time_change("rate=3600\n")->rate, 3600);
    EXPECT_EQ(parse_time_change("rate=0.5")->rate, 0.5);
    const auto both = parse_time_change("rate=0, 90m");
    EXPECT_EQ(both->advance, 90min);
    EXPECT_EQ(both->rate, 0);
}

TEST(TimeChangeTest, rejects_anything_else) {
    for (const std::string text : {"",
                                   "48",
                                   "-1h",
                                   "rate=",
                                   "rate=-1",
                                   "rate=nan",
                                   "rate=inf",
                                   "rate=86401",
                                   "rate=1e3",
                                   "1h,2h",
                                   "rate=1,rate=2",
                                   "1h,",
                                   "87673h"}) {
        EXPECT_FALSE(parse_time_change(text)) << text;
    }
    EXPECT_THAT(parse_time_change("tomorrow").error().text, HasSubstr("48h, rate=N"));
}

}  // namespace
}  // namespace keyferry::simulator
