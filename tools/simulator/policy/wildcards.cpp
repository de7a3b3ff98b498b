// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/wildcards.hpp"

namespace keyferry::simulator {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool matches_letter(char pattern, char letter, LetterCase letter_case) {
    return pattern == '?' || pattern == letter ||
           (letter_case == LetterCase::ignored && lower(pattern) == lower(letter));
}

}  // namespace

bool matches_wildcards(std::string_view pattern, std::string_view text, LetterCase letter_case) {
    // It is sufficient to backtrack to the last '*'.
    std::size_t at_pattern = 0;
    std::size_t at_text = 0;
    std::size_t star = std::string_view::npos;
    std::size_t from_star = 0;
    while (at_text < text.size()) {
        if (at_pattern < pattern.size() && pattern[at_pattern] == '*') {
            star = at_pattern++;
            from_star = at_text;
        } else if (at_pattern < pattern.size() &&
                   matches_letter(pattern[at_pattern], text[at_text], letter_case)) {
            ++at_pattern;
            ++at_text;
        } else if (star != std::string_view::npos) {
            at_pattern = star + 1;
            at_text = ++from_star;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at_pattern) == std::string_view::npos;
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
    constexpr int kColons = 5;
    for (int i = 0; i < kColons; ++i) {
        const std::size_t pattern_end = pattern.find(':');
        const std::size_t arn_end = arn.find(':');
        if (pattern_end == std::string_view::npos || arn_end == std::string_view::npos) {
            return pattern == "*";
        }
        if (!matches_wildcards(pattern.substr(0, pattern_end), arn.substr(0, arn_end))) {
            return false;
        }
        pattern.remove_prefix(pattern_end + 1);
        arn.remove_prefix(arn_end + 1);
    }
    return matches_wildcards(pattern, arn);
}

}  // namespace keyferry::simulator
