// SPDX-License-Identifier: Apache-2.0
#include "engine/run/kms_time.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using namespace std::chrono;

constexpr io::WallTime kNoon{milliseconds(1'800'000'000'000)};
constexpr sys_seconds kKmsNoon{seconds(1'800'000'000)};

/// The reading of both clocks `since` after noon; `set` is the total adjustment of the wall clock
/// since noon.
ClockReading reading(milliseconds since, milliseconds set = milliseconds(0)) {
    return {kNoon + since + set, io::Moment{} + hours(5) + since};
}

class KmsTimeTest : public ::testing::Test {
  protected:
    /// Records a call that was sent and received at these times after noon.
    void call(sys_seconds date, milliseconds sent, milliseconds received) {
        time.record_date(date, reading(sent), reading(received));
    }
    std::optional<milliseconds> ahead() const { return time.ahead(reading(seconds(2))); }

    KmsTime time;
};

TEST_F(KmsTimeTest, is_unknown_before_the_first_response) {
    EXPECT_EQ(ahead(), std::nullopt);
}

TEST_F(KmsTimeTest, is_zero_while_the_dates_agree) {
    call(kKmsNoon, milliseconds(100), milliseconds(300));
    EXPECT_EQ(ahead(), milliseconds(0));
    call(kKmsNoon, -milliseconds(100), milliseconds(300));
    EXPECT_EQ(ahead(), milliseconds(0));
    call(kKmsNoon, milliseconds(900), milliseconds(1100));
    EXPECT_EQ(ahead(), milliseconds(0)) << "the date was generated just before the second ended";
}

TEST_F(KmsTimeTest, detects_slow_and_fast_clocks) {
    call(kKmsNoon + minutes(2), milliseconds(0), milliseconds(200));
    EXPECT_EQ(ahead(), minutes(2) - milliseconds(200));
    call(kKmsNoon - minutes(2), milliseconds(0), milliseconds(200));
    EXPECT_EQ(ahead(), -(minutes(2) - seconds(1)));
}

TEST_F(KmsTimeTest, is_unknown_after_the_clock_was_set_until_the_next_response) {
    call(kKmsNoon, milliseconds(0), milliseconds(200));
    EXPECT_EQ(time.ahead(reading(minutes(10), hours(1))), std::nullopt);
    EXPECT_EQ(time.ahead(reading(minutes(10), -hours(1))), std::nullopt);
    time.record_date(kKmsNoon + minutes(10),
                     reading(minutes(10), hours(1)),
                     reading(minutes(10) + milliseconds(200), hours(1)));
    EXPECT_EQ(time.ahead(reading(minutes(11), hours(1))), -(hours(1) - seconds(1)));
}

TEST_F(KmsTimeTest, ignores_a_response_if_the_clock_was_set_during_the_call) {
    for (const milliseconds set : {milliseconds(hours(1)), -milliseconds(hours(1))}) {
        time.record_date(kKmsNoon, reading(milliseconds(0)), reading(milliseconds(200), set));
        EXPECT_EQ(time.ahead(reading(milliseconds(300), set)), std::nullopt);
    }
}

}  // namespace
}  // namespace keyferry::engine
