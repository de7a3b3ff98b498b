// SPDX-License-Identifier: Apache-2.0
#include "io/names/duration_text.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(Durations, parse_with_one_unit) {
    using std::chrono::milliseconds;
    EXPECT_EQ(parse_duration("500ms").value(), milliseconds(500));
    EXPECT_EQ(parse_duration("2s").value(), milliseconds(2000));
    EXPECT_EQ(parse_duration("20m").value(), milliseconds(1'200'000));
    EXPECT_EQ(parse_duration("3h").value(), milliseconds(10'800'000));
    for (const char* bad : {"", "5", "s", "-1s", "1.5s", "1h30m", "1 s", "9999999999999s"}) {
        EXPECT_FALSE(parse_duration(bad)) << bad;
    }
}

TEST(Durations, format_for_people) {
    EXPECT_EQ(long_duration_text(0), "0.0 s");
    EXPECT_EQ(long_duration_text(0.04), "< 0.1 s");
    EXPECT_EQ(long_duration_text(9.94), "9.9 s");
    EXPECT_EQ(long_duration_text(9.96), "10 s");
    EXPECT_EQ(long_duration_text(250), "4 min 10 s");
    EXPECT_EQ(long_duration_text(4980), "1 h 23 min");
    EXPECT_EQ(long_duration_text(3599.9), "1 h 0 min");
    EXPECT_EQ(long_duration_text(3 * 86'400 + 4 * 3600), "3 d 4 h");
}

}  // namespace
}  // namespace keyferry::io
