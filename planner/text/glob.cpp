// SPDX-License-Identifier: Apache-2.0
#include "planner/text/glob.hpp"

#include <cstddef>

namespace keyferry::planner {

bool matches_glob(std::string_view text, std::string_view pattern) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    // Behind the last star, and where what follows it is tried next: no earlier star needs to take
    // more, so that time is pattern x text at most.
    std::size_t behind_star = std::string_view::npos;
    std::size_t retry_at = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            behind_star = ++p;
            retry_at = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (behind_star != std::string_view::npos) {
            p = behind_star;
            t = ++retry_at;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace keyferry::planner
