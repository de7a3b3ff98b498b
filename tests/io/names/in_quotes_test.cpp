// SPDX-License-Identifier: Apache-2.0
#include "io/names/in_quotes.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(InQuotes, keeps_printable_text) {
    EXPECT_EQ(in_quotes("alias/payments 7"), "'alias/payments 7'");
}

TEST(InQuotes, escapes_non_printable_bytes) {
    EXPECT_EQ(in_quotes("a\x1b[31m\n\xff"), "'a\\x1b[31m\\x0a\\xff'");
}

TEST(InQuotes, truncates_long_text) {
    EXPECT_EQ(in_quotes(std::string(kQuotedBytesMax + 1, 'x')),
              "'" + std::string(kQuotedBytesMax, 'x') + "...'");
}

}  // namespace
}  // namespace keyferry::io
