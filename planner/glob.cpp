#include "planner/glob.hpp"

#include <cstddef>

namespace keyferry {

bool matches_glob(std::string_view text, std::string_view pattern) noexcept {
    // A later '*' can stand for whatever an earlier one could, so only the last is tried again.
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t behind_star = std::string_view::npos;
    std::size_t star_ends = 0;  // where the text of the last '*' ends
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            behind_star = ++p;
            star_ends = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (behind_star != std::string_view::npos) {
            p = behind_star;
            t = ++star_ends;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace keyferry
