// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/tag_limits.hpp"

#include <algorithm>
#include <cctype>

namespace keyferry::planner {

bool has_reserved_prefix(std::string_view key) noexcept {
    constexpr std::string_view kReserved = "aws:";
    return key.size() >= kReserved.size() &&
           std::equal(kReserved.begin(), kReserved.end(), key.begin(), [](char a, char b) {
               return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
           });
}

}  // namespace keyferry::planner
