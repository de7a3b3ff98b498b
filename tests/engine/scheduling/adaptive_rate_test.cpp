// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/adaptive_rate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace keyferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const io::Moment kRateStart{seconds(1000)};

TEST(AdaptiveRate, is_at_its_cap_until_throttled) {
    AdaptiveRate rate(0.1);
    EXPECT_EQ(rate.part_of_cap(), 1);
    rate.answered(kRateStart, kRateStart);
    EXPECT_EQ(rate.part_of_cap(), 1);
    EXPECT_EQ(rate.when_clock_is(rate.clock_at(kRateStart) + seconds(3)), kRateStart + seconds(3));
}

TEST(AdaptiveRate, is_cut_once_for_all_calls_that_were_in_flight_together) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart + milliseconds(100));
    EXPECT_DOUBLE_EQ(rate.part_of_cap(), 0.8);
    rate.throttled(kRateStart + milliseconds(50), kRateStart + milliseconds(120));
    rate.throttled(kRateStart + milliseconds(100), kRateStart + milliseconds(130));
    EXPECT_DOUBLE_EQ(rate.part_of_cap(), 0.8);
}

TEST(AdaptiveRate, is_cut_again_for_a_call_sent_after_the_cut) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart);
    rate.throttled(kRateStart + nanoseconds(1), kRateStart + nanoseconds(1));
    EXPECT_NEAR(rate.part_of_cap(), 0.64, 1e-9);
}

TEST(AdaptiveRate, does_not_grow_while_everything_is_throttled) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart);
    EXPECT_DOUBLE_EQ(rate.part_of_cap(), 0.8);
}

TEST(AdaptiveRate, grows_back_from_the_first_response_to_a_call_sent_after_the_cut) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart);
    const io::Moment answered = kRateStart + seconds(60);
    rate.answered(kRateStart, answered);
    EXPECT_DOUBLE_EQ(rate.part_of_cap(), 0.8) << "the call was sent before the cut";
    rate.answered(kRateStart + nanoseconds(1), answered);
    rate.answered(kRateStart + nanoseconds(2), answered + seconds(1));
    EXPECT_NEAR(rate.part_of_cap(), 0.9, 1e-9);
    rate.answered(kRateStart + nanoseconds(2), answered + seconds(3));
    EXPECT_EQ(rate.part_of_cap(), 1);
}

TEST(AdaptiveRate, is_cut_from_its_current_value) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart);
    rate.answered(kRateStart + seconds(1), kRateStart + seconds(1));
    rate.answered(kRateStart + seconds(1), kRateStart + seconds(2));
    rate.throttled(kRateStart + seconds(2), kRateStart + seconds(3));
    EXPECT_NEAR(rate.part_of_cap(), 0.9 * 0.8, 1e-9);
}

TEST(AdaptiveRate, never_falls_below_its_floor) {
    AdaptiveRate rate(0.25);
    io::Moment now = kRateStart;
    for (int cut = 0; cut < 100; ++cut) {
        now += seconds(1);
        rate.throttled(now, now);
    }
    EXPECT_EQ(rate.part_of_cap(), 0.25);
}

TEST(AdaptiveRate, clock_runs_at_the_current_rate) {
    AdaptiveRate rate(0.1);
    rate.throttled(kRateStart, kRateStart);
    const nanoseconds at_cut = rate.clock_at(kRateStart);
    const io::Moment answered = kRateStart + seconds(10);
    const auto run_until = [&](io::Moment moment) {
        return std::chrono::duration<double>(rate.clock_at(moment) - at_cut).count();
    };
    EXPECT_NEAR(run_until(answered), 8, 1e-8);
    rate.answered(kRateStart + seconds(1), answered);
    EXPECT_NEAR(run_until(answered + seconds(1)), 8 + 0.8, 1e-8);
    rate.answered(kRateStart + seconds(1), answered + seconds(1));
    EXPECT_NEAR(run_until(answered + seconds(2)), 8 + 0.8 + 0.9, 1e-8);
    rate.answered(kRateStart + seconds(1), answered + seconds(2));
    EXPECT_NEAR(run_until(answered + seconds(5)), 8 + 0.8 + 0.9 + 3, 1e-8);
}

TEST(AdaptiveRate, predicts_clock_times_and_is_never_early) {
    std::mt19937_64 random(1);
    for (int run = 0; run < 200; ++run) {
        AdaptiveRate rate(0.01);
        io::Moment now = kRateStart;
        for (int step = 0; step < 20; ++step) {
            now += nanoseconds(random() % 3'000'000'000);
            random() % 2 == 0 ? rate.throttled(now, now) : rate.answered(now, now);
            const nanoseconds aim = rate.clock_at(now) + nanoseconds(random() % 9'000'000'000);
            const io::Moment when = rate.when_clock_is(aim);
            ASSERT_GE(rate.clock_at(when), aim);
            ASSERT_LE(rate.clock_at(when - nanoseconds(10)), aim);
        }
    }
}

}  // namespace
}  // namespace keyferry::engine
