// SPDX-License-Identifier: Apache-2.0
#include "engine/run/kms_time.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using namespace std::chrono;

constexpr io::WallTime kNoon{milliseconds(1'800'000'000'000)};
constexpr sys_seconds kKmsNoon{seconds(1'800'000'000)};

TEST(KmsTime, is_unknown_before_the_first_response) {
    EXPECT_EQ(KmsTime().ahead(), std::nullopt);
}

TEST(KmsTime, is_zero_while_the_dates_agree) {
    KmsTime time;
    time.record_date(kKmsNoon, kNoon + milliseconds(100), kNoon + milliseconds(300));
    EXPECT_EQ(time.ahead(), milliseconds(0));
    time.record_date(kKmsNoon, kNoon - milliseconds(100), kNoon + milliseconds(300));
    EXPECT_EQ(time.ahead(), milliseconds(0));
    time.record_date(kKmsNoon, kNoon + milliseconds(900), kNoon + milliseconds(1100));
    EXPECT_EQ(time.ahead(), milliseconds(0))
        << "the date was generated just before the second ended";
}

TEST(KmsTime, detects_slow_and_fast_clocks) {
    KmsTime time;
    time.record_date(kKmsNoon + minutes(2), kNoon, kNoon + milliseconds(200));
    EXPECT_EQ(time.ahead(), minutes(2) - milliseconds(200));
    time.record_date(kKmsNoon - minutes(2), kNoon, kNoon + milliseconds(200));
    EXPECT_EQ(time.ahead(), -(minutes(2) - seconds(1)));
}

TEST(KmsTime, tolerates_a_clock_set_back_during_the_call) {
    KmsTime time;
    time.record_date(kKmsNoon, kNoon, kNoon - hours(1));
    EXPECT_EQ(time.ahead(), hours(1));
}

}  // namespace
}  // namespace keyferry::engine
