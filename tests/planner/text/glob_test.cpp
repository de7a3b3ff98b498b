// SPDX-License-Identifier: Apache-2.0
#include "planner/text/glob.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::planner {
namespace {

/// Reference implementation by exhaustive search, without '?'.
bool matches_slowly(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) {
        return text.empty();
    }
    if (pattern.front() == '*') {
        return matches_slowly(text, pattern.substr(1)) ||
               (!text.empty() && matches_slowly(text.substr(1), pattern));
    }
    return !text.empty() && text.front() == pattern.front() &&
           matches_slowly(text.substr(1), pattern.substr(1));
}

/// Returns the `number`-th word over `letters`.
std::string word(std::size_t number, std::string_view letters) {
    std::string text;
    for (; number > 0; number /= letters.size() + 1) {
        if (const std::size_t letter = number % (letters.size() + 1); letter > 0) {
            text.push_back(letters[letter - 1]);
        }
    }
    return text;
}

TEST(Glob, asterisk_matches_any_characters) {
    EXPECT_TRUE(matches_glob("eu-west-1", "eu-*"));
    EXPECT_TRUE(matches_glob("eu-west-1", "*west*"));
    EXPECT_TRUE(matches_glob("eu-west-1", "eu-west-1*"));
    EXPECT_FALSE(matches_glob("eu-west-1", "west*"));
    EXPECT_TRUE(matches_glob("eu-west-1", "eu-?est-1"));
    EXPECT_FALSE(matches_glob("eu-west-1", ""));
}

TEST(Glob, agrees_with_reference_for_short_words) {
    for (std::size_t t = 0; t < 81; ++t) {
        for (std::size_t p = 0; p < 1024; ++p) {
            const std::string text = word(t, "ab");
            const std::string pattern = word(p, "ab*");
            ASSERT_EQ(matches_glob(text, pattern), matches_slowly(text, pattern))
                << text << " " << pattern;
        }
    }
}

TEST(Glob, does_not_backtrack_exponentially) {
    // A matcher that backtracks to every '*' would take exponential time here.
    std::string pattern;
    for (int i = 0; i < 100; ++i) {
        pattern += "a*";
    }
    EXPECT_FALSE(matches_glob(std::string(10'000, 'a'), pattern + "b"));
}

TEST(Glob, matches_any_of_several_patterns) {
    EXPECT_TRUE(matches_any_glob("eu-west-1", {"us-*", "eu-*"}));
    EXPECT_FALSE(matches_any_glob("ap-south-1", {"us-*", "eu-*"}));
    EXPECT_FALSE(matches_any_glob("eu-west-1", {}));
}

}  // namespace
}  // namespace keyferry::planner
