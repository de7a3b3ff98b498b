// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/wildcards.hpp"

#include <cstddef>

namespace keyferry::simulator {

namespace {

constexpr char16_t kAnySequence = 0x100;
constexpr char16_t kAnyCharacter = 0x101;

char16_t byte_of(char c) {
    return static_cast<unsigned char>(c);
}

char16_t lower(char16_t c) {
    return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c - u'A' + u'a') : c;
}

bool matches_character(char16_t pattern, char character, LetterCase letter_case) {
    const char16_t byte = byte_of(character);
    return pattern == kAnyCharacter || pattern == byte ||
           (letter_case == LetterCase::ignored && lower(pattern) == lower(byte));
}

bool matches_part(std::u16string_view pattern, std::string_view text, LetterCase letter_case) {
    // Backtracking only to the last '*' is enough.
    std::size_t at_pattern = 0;
    std::size_t at_text = 0;
    std::size_t star = std::u16string_view::npos;
    std::size_t from_star = 0;
    while (at_text < text.size()) {
        if (at_pattern < pattern.size() && pattern[at_pattern] == kAnySequence) {
            star = at_pattern++;
            from_star = at_text;
        } else if (at_pattern < pattern.size() &&
                   matches_character(pattern[at_pattern], text[at_text], letter_case)) {
            ++at_pattern;
            ++at_text;
        } else if (star != std::u16string_view::npos) {
            at_pattern = star + 1;
            at_text = ++from_star;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of(kAnySequence, at_pattern) == std::u16string_view::npos;
}

}  // namespace

void WildcardPattern::append_pattern(std::string_view pattern) {
    for (const char c : pattern) {
        if (c == '*') {
            characters_.push_back(kAnySequence);
        } else if (c == '?') {
            characters_.push_back(kAnyCharacter);
        } else {
            characters_.push_back(byte_of(c));
        }
    }
}

void WildcardPattern::append_literal(std::string_view text) {
    for (const char c : text) {
        characters_.push_back(byte_of(c));
    }
}

bool WildcardPattern::matches(std::string_view text, LetterCase letter_case) const {
    return matches_part(characters_, text, letter_case);
}

bool WildcardPattern::matches_arn(std::string_view arn) const {
    constexpr int kColons = 5;
    std::u16string_view pattern = characters_;
    for (int i = 0; i < kColons; ++i) {
        const std::size_t pattern_end = pattern.find(u':');
        const std::size_t arn_end = arn.find(':');
        if (pattern_end == std::u16string_view::npos || arn_end == std::string_view::npos) {
            return pattern.size() == 1 && pattern.front() == kAnySequence;
        }
        if (!matches_part(
                pattern.substr(0, pattern_end), arn.substr(0, arn_end), LetterCase::significant)) {
            return false;
        }
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return matches_part(pattern, arn, LetterCase::significant);
}

}  // namespace keyferry::simulator
