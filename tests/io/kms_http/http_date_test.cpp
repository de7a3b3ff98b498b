// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/http_date.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

using namespace std::chrono;

TEST(HttpDate, parses_imf_fixdate) {
    EXPECT_EQ(read_http_date("Tue, 24 Nov 2026 03:08:59 GMT"),
              sys_days(2026y / November / 24) + hours(3) + minutes(8) + seconds(59));
    EXPECT_EQ(read_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), sys_seconds{});
}

TEST(HttpDate, rejects_other_formats) {
    for (const char* const text : {"",
                                   "soon",
                                   "Tue, 24 Nov 2026 03:08:59 UTC",
                                   "Tue, 24 Nov 2026 03:08:59 GMT ",
                                   "Tue, 31 Feb 2026 03:08:59 GMT",
                                   "Tue, 24 Nov 2026 33:08:59 GMT",
                                   "Tue, 24 Nov 2026 03:08:61 GMT",
                                   "Tue, 24 Nov 2026 03.08:59 GMT",
                                   "Tue, 24 Now 2026 03:08:59 GMT",
                                   "Tux, 24 Nov 2026 03:08:59 GMT",
                                   "Tue, -4 Nov 2026 03:08:59 GMT",
                                   "Tuesday, 24-Nov-26 03:08:59 GMT"}) {
        EXPECT_EQ(read_http_date(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace keyferry::io
