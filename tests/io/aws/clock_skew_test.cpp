// SPDX-License-Identifier: Apache-2.0
#include "io/aws/clock_skew.hpp"

#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr sys_seconds kLocal{1'800'000'000s};

TEST(ClockSkewTest, correction_is_zero_before_a_rejection) {
    EXPECT_EQ(ClockSkew().correction(), 0s);
}

TEST(ClockSkewTest, corrects_in_both_directions) {
    for (const auto difference : {-24h, -1h, 1h, 24h}) {
        ClockSkew skew;
        EXPECT_TRUE(skew.refused(kLocal, kLocal + difference, kLocal));
        EXPECT_EQ(skew.correction(), difference);
    }
}

TEST(ClockSkewTest, is_not_the_cause_if_the_time_was_right) {
    ClockSkew skew;
    EXPECT_FALSE(skew.refused(kLocal, kLocal + 239s, kLocal));
    EXPECT_FALSE(skew.refused(kLocal, kLocal - 239s, kLocal));
    EXPECT_EQ(skew.correction(), 0s);
    EXPECT_TRUE(skew.refused(kLocal, kLocal + 240s, kLocal));
}

TEST(ClockSkewTest, explains_rejections_of_requests_signed_before_correction) {
    ClockSkew skew;
    EXPECT_TRUE(skew.refused(kLocal, kLocal + 1h, kLocal));
    EXPECT_TRUE(skew.refused(kLocal, kLocal + 1h + 1s, kLocal + 1s));
    EXPECT_FALSE(skew.refused(kLocal + 1h, kLocal + 1h, kLocal));
    EXPECT_EQ(skew.correction(), 1h);
}

TEST(ClockSkewTest, follows_a_corrected_clock) {
    ClockSkew skew;
    EXPECT_TRUE(skew.refused(kLocal, kLocal + 1h, kLocal));
    const sys_seconds set_right = kLocal + 1h;
    EXPECT_TRUE(skew.refused(set_right + skew.correction(), set_right, set_right));
    EXPECT_EQ(skew.correction(), 0s);
}

TEST(ServerTimeInAMessage, is_extracted) {
    const auto text = [](std::string_view message) {
        const auto time = server_time_in(message);
        return time ? amz_date(*time) : "none";
    };
    EXPECT_EQ(text("Signature expired: 20130606T123600Z is now earlier than 20130606T124100Z "
                   "(20130606T124600Z - 5 min.)"),
              "20130606T124600Z");
    EXPECT_EQ(text("Signature not yet current: 20130606T125600Z is still later than "
                   "20130606T125100Z (20130606T124600Z + 5 min.)"),
              "20130606T124600Z");
    for (const char* other : {"",
                              "(",
                              "(20130606T124600Z",
                              "(20130606T124600Z)",
                              "(20130606T124600X - 5 min.)",
                              "The request signature we calculated does not match"}) {
        EXPECT_EQ(text(other), "none") << other;
    }
}

}  // namespace
}  // namespace keyferry::io
