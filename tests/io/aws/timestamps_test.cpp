// SPDX-License-Identifier: Apache-2.0
#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds kSuiteTime{seconds(1440938160)};  // 2015-08-30 12:36:00 UTC

TEST(AmzDate, matches_header_format) {
    EXPECT_EQ(amz_date(kSuiteTime), "20150830T123600Z");
    EXPECT_EQ(amz_day(kSuiteTime), "20150830");
    EXPECT_EQ(amz_date(sys_seconds(seconds(-1))), "19691231T235959Z");
}

TEST(AmzDate, round_trips) {
    EXPECT_EQ(*parse_amz_date("20150830T123600Z"), kSuiteTime);
    EXPECT_EQ(*parse_amz_date("20240229T000000Z"), sys_seconds(seconds(1709164800)));
}

TEST(AmzDate, parses_strictly) {
    for (const char* text : {"",
                             "20150830T123600",
                             "20150830T123600Z ",
                             "20150830 123600Z",
                             "20150230T123600Z",
                             "20150830T243600Z",
                             "2015083OT123600Z"}) {
        EXPECT_FALSE(parse_amz_date(text)) << text;
    }
}

TEST(Iso8601, accepts_zone_and_fraction) {
    for (const char* text : {"2015-08-30T12:36:00Z",
                             "2015-08-30T12:36:00.987Z",
                             "2015-08-30T14:36:00+02:00",
                             "2015-08-30T07:06:00-0530",
                             "2015-08-30 12:36:00"}) {
        EXPECT_EQ(parse_iso_8601(text).value(), kSuiteTime) << text;
    }
}

TEST(Iso8601, rejects_other_formats) {
    for (const char* text : {"",
                             "1440938160",
                             "2015-08-30",
                             "2015-08-30T12:36Z",
                             "2015-08-30T12:36:00 CEST",
                             "2015-13-30T12:36:00Z"}) {
        EXPECT_FALSE(parse_iso_8601(text)) << text;
    }
}

}  // namespace
}  // namespace keyferry::io
