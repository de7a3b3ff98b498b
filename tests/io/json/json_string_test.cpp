// SPDX-License-Identifier: Apache-2.0
#include "io/json/json_string.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace keyferry::io {
namespace {

std::string json_string(std::string_view text) {
    std::string json = "before ";
    append_json_string(text, json);
    return json;
}

TEST(JsonStringTest, is_quoted_and_appended) {
    EXPECT_EQ(json_string("arn:aws:kms"), R"(before "arn:aws:kms")");
    EXPECT_EQ(json_string(""), R"(before "")");
}

TEST(JsonStringTest, escapes_quotes_backslashes_and_control_characters) {
    EXPECT_EQ(json_string("a\"b\\c"), R"(before "a\"b\\c")");
    EXPECT_EQ(json_string("\n\r\t"), R"(before "\n\r\t")");
    EXPECT_EQ(json_string(std::string_view("\0\x1f", 2)), "before \"\\u0000\\u001f\"");
}

TEST(JsonStringTest, does_not_change_other_characters) {
    EXPECT_EQ(json_string("Schlüssel\x7f"), "before \"Schlüssel\x7f\"");
}

}  // namespace
}  // namespace keyferry::io
