// SPDX-License-Identifier: Apache-2.0
#include "planner/text/glob.hpp"

#include <algorithm>
#include <cstddef>

namespace keyferry::planner {

bool matches_glob(std::string_view text, std::string_view pattern) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    // The position after the last '*', and where in `text` to retry the rest of the pattern. Only
    // the last '*' ever needs to match more characters, so the run time is at most pattern x text.
    std::size_t after_star = std::string_view::npos;
    std::size_t retry_at = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p;
            retry_at = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (after_star != std::string_view::npos) {
            p = after_star;
            t = ++retry_at;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool matches_any_glob(std::string_view text, const std::vector<std::string>& patterns) noexcept {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return matches_glob(text, pattern);
    });
}

}  // namespace keyferry::planner
