// SPDX-License-Identifier: Apache-2.0
// Checks that reject text before it is passed to the TOML library.
#include "planner/toml/toml_bounds.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::planner {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

/// Returns the offset of the first finding; npos if there is none.
std::size_t finding_offset(std::string_view text) {
    const std::optional<TextFinding> finding = check_toml_bounds(text);
    return finding ? finding->offset : std::string_view::npos;
}

constexpr std::size_t kNone = std::string_view::npos;

TEST(TomlBounds, accept_text_at_limit) {
    EXPECT_EQ(finding_offset("a=[" + repeated("1,", kSpecStructuralCharactersMax - 2)), kNone);
    EXPECT_EQ(finding_offset("a=[" + repeated("1,", kSpecStructuralCharactersMax - 1)),
              2 * kSpecStructuralCharactersMax);
    EXPECT_EQ(finding_offset(repeated("a.", kSpecKeyDotsMax) + "b = 1"), kNone);
    EXPECT_EQ(finding_offset(repeated("a.", kSpecKeyDotsMax + 1) + "b = 1"),
              2 * kSpecKeyDotsMax + 1);
    EXPECT_EQ(finding_offset(std::string(kSpecBytesMax, '\n')), kNone);
    EXPECT_EQ(finding_offset(std::string(kSpecBytesMax + 1, '\n')), 0U);
}

TEST(TomlBounds, ignore_strings_and_comments) {
    const std::string signs =
        repeated(",", kSpecStructuralCharactersMax) + repeated(".", kSpecKeyDotsMax + 1);
    EXPECT_EQ(finding_offset("# " + signs + "\na = 1"), kNone);
    EXPECT_EQ(finding_offset("a = \"" + signs + "\\\"" + signs + "\""), kNone);
    EXPECT_EQ(finding_offset("a = '" + signs + "'"), kNone);
    EXPECT_EQ(finding_offset("a = '''\n''" + signs + "\n'''"), kNone);
    EXPECT_EQ(finding_offset("a = \"\"\"\n\\\"\"\"" + signs + "\n\"\"\""), kNone);
}

TEST(TomlBounds, find_ends_of_strings) {
    const std::string signs = repeated(",", kSpecStructuralCharactersMax + 1);
    for (const std::string before : {"''",
                                     "\"\"",
                                     "'\\'",
                                     "\"\\\\\"",
                                     "''''''",
                                     "\"\"\"\"\"\"",
                                     "'''a'''''",
                                     "\"\"\"a\"\"\"\"\"",
                                     "'never ended\n",
                                     "\"# no comment\""}) {
        EXPECT_EQ(finding_offset(before + signs), before.size() + kSpecStructuralCharactersMax)
            << before;
    }
}

TEST(TomlBounds, count_dots_across_quoted_keys) {
    const std::string quoted = repeated("\"a\" . ", kSpecKeyDotsMax + 1);
    EXPECT_NE(finding_offset(quoted + "b = 1"), kNone);
    EXPECT_EQ(finding_offset(repeated("a.b = 1.5\n", 100)), kNone);
    EXPECT_EQ(finding_offset("a = [" + repeated("1.5,", 100) + "]"), kNone);
}

TEST(TomlBounds, reject_bidirectional_control_characters) {
    for (const char* character : {"\u202a", "\u202e", "\u2066", "\u2069"}) {
        EXPECT_EQ(finding_offset(std::string("a = 'é") + character), 7U);
        EXPECT_EQ(finding_offset(std::string("# ") + character), 2U);
    }
    for (const char* character : {"\u2029", "\u202f", "\u2065", "\u206a", "\u200f", "\u00e2"}) {
        EXPECT_EQ(finding_offset(character), kNone);
    }
}

}  // namespace
}  // namespace keyferry::planner
