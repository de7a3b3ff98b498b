// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/permissions.hpp"

#include <algorithm>

namespace keyferry::simulator {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Pattern match in which '*' matches any sequence of characters. Backtracks only to the last '*',
/// so the running time is at most the product of both lengths.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t at_pattern = 0;
    std::size_t at_text = 0;
    std::size_t star = std::string_view::npos;
    std::size_t from_star = 0;
    while (at_text < text.size()) {
        if (at_pattern < pattern.size() && pattern[at_pattern] == '*') {
            star = at_pattern++;
            from_star = at_text;
        } else if (at_pattern < pattern.size() &&
                   lower(pattern[at_pattern]) == lower(text[at_text])) {
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

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return matches(pattern, text);
    });
}

}  // namespace

bool Permissions::allow(std::string_view action, std::string_view region) const {
    return all_ || std::any_of(allowed_.begin(), allowed_.end(), [&](const Permission& each) {
               return any_matches(each.actions, action) && any_matches(each.regions, region);
           });
}

}  // namespace keyferry::simulator
