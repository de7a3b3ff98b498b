// SPDX-License-Identifier: Apache-2.0
#include "io/aws/command_words.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

Words words(std::string_view command) {
    return command_words(command).value();
}

TEST(CommandWords, splits_at_white_space) {
    EXPECT_EQ(words("/bin/keys  --account\t1 \r\n2"), (Words{"/bin/keys", "--account", "1", "2"}));
}

TEST(CommandWords, honors_quotes) {
    EXPECT_EQ(words("'/opt/my keys' \"a 'b' \\\"c\\\\\" d'e f'g ''"),
              (Words{"/opt/my keys", "a 'b' \"c\\", "de fg", ""}));
    EXPECT_EQ(words("keys 'a\\b' \"a\\b\" a\\ b"), (Words{"keys", "a\\b", "a\\b", "a b"}));
}

TEST(CommandWords, expands_nothing) {
    EXPECT_EQ(words("keys $HOME *.txt; id | cat"),
              (Words{"keys", "$HOME", "*.txt;", "id", "|", "cat"}));
}

TEST(CommandWords, rejects_incomplete_commands) {
    const auto problem = [](std::string_view command) {
        return command_words(command).error().text;
    };
    EXPECT_THAT(problem("keys 'a"), HasSubstr("an unterminated '"));
    EXPECT_THAT(problem("keys \"a"), HasSubstr("an unterminated \""));
    EXPECT_THAT(problem("keys a\\"), HasSubstr("backslash"));
    EXPECT_THAT(problem("  "), HasSubstr("is empty"));
    EXPECT_THAT(problem("'' a"), HasSubstr("is empty"));
}

}  // namespace
}  // namespace keyferry::io
