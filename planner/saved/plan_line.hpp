// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::planner {

/// Returns whether a line of a saved plan has the same members with the same values as the line
/// that is written for the same plan, in any order and each once. `is_end`: ignores the checksum,
/// which depends on the order.
[[nodiscard]] bool is_equivalent_line(std::string_view ours, std::string_view written, bool is_end);

}  // namespace keyferry::planner
