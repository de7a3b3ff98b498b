// SPDX-License-Identifier: Apache-2.0
#include "io/names/first_line.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(FirstLine, is_printable_and_truncated) {
    EXPECT_EQ(first_line("no room\r\nfor more", 100), "no room");
    EXPECT_EQ(first_line("\x1b[31m red \xc3\xa9\t.", 100), "?[31m red ???.");
    EXPECT_EQ(first_line("abcdef", 3), "abc");
    EXPECT_EQ(first_line("", 3), "");
}

}  // namespace
}  // namespace keyferry::io
