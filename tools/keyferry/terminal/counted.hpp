// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/text/text_table.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// Formats a count with its noun: "1 job", "2 jobs", "1,234 jobs".
[[nodiscard]] inline std::string counted(std::uint64_t count, std::string_view one) {
    std::string text = planner::with_thousands(count) + " ";
    text += one;
    return count == 1 ? text : text + "s";
}

}  // namespace keyferry::cli
