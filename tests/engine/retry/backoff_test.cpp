// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/backoff.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;

constexpr double kNearlyOne = 0.999999;
const BackoffRange kRange{milliseconds(50), milliseconds(20'000)};

TEST(Backoff, doubles_with_each_retry) {
    EXPECT_EQ(backoff_delay(kRange, 0, 0.5, std::nullopt), milliseconds(25));
    EXPECT_EQ(backoff_delay(kRange, 1, 0.5, std::nullopt), milliseconds(50));
    EXPECT_EQ(backoff_delay(kRange, 5, 0.5, std::nullopt), milliseconds(800));
}

TEST(Backoff, jitters_over_the_whole_range) {
    EXPECT_EQ(backoff_delay(kRange, 3, 0, std::nullopt), milliseconds(0));
    EXPECT_EQ(backoff_delay(kRange, 3, kNearlyOne, std::nullopt), milliseconds(399));
}

TEST(Backoff, is_capped_before_the_jitter_and_for_any_number_of_retries) {
    EXPECT_EQ(backoff_delay(kRange, 20, 0.5, std::nullopt), milliseconds(10'000));
    EXPECT_EQ(backoff_delay(kRange, 1'000'000, 0.5, std::nullopt), milliseconds(10'000));
}

TEST(Backoff, respects_the_servers_retry_after) {
    EXPECT_EQ(backoff_delay(kRange, 0, 0, milliseconds(3000)), milliseconds(3000));
}

TEST(Backoff, waits_at_most_five_seconds_longer_than_planned) {
    EXPECT_EQ(backoff_delay(kRange, 1, 0.5, milliseconds(3'600'000)), milliseconds(5050));
}

TEST(Backoff, is_not_shortened_by_the_server) {
    EXPECT_EQ(backoff_delay(kRange, 5, 0.5, milliseconds(1)), milliseconds(800));
    EXPECT_EQ(backoff_delay(kRange, 5, 0.5, milliseconds(-1)), milliseconds(800));
}

}  // namespace
}  // namespace keyferry::engine
