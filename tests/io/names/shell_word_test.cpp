// SPDX-License-Identifier: Apache-2.0
#include "io/names/shell_word.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(ShellWord, plain_paths_are_unchanged) {
    EXPECT_EQ(shell_word("/srv/eu-1/fleet_2.sync-20261124T180000123Z.journal"),
              "/srv/eu-1/fleet_2.sync-20261124T180000123Z.journal");
}

TEST(ShellWord, text_that_a_shell_would_interpret_is_quoted) {
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("my fleet.toml"), "'my fleet.toml'");
    EXPECT_EQ(shell_word("~/$HOME/*.toml"), "'~/$HOME/*.toml'");
    EXPECT_EQ(shell_word("Zürich"), "'Zürich'");
}

TEST(ShellWord, single_quotes_are_closed_around_their_escape) {
    EXPECT_EQ(shell_word("Ann's"), R"('Ann'\''s')");
}

TEST(ShellWord, control_characters_are_escaped) {
    EXPECT_EQ(shell_word("a\n'b\\\x1b[0m\xff"), R"($'a\012\'b\\\033[0m\377')");
}

}  // namespace
}  // namespace keyferry::io
