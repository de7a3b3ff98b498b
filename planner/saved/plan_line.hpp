// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::planner {

/// Returns whether `ours`, a line of a saved plan, has the same members and values as `written`,
/// the line that keyferry writes for this plan. Each member must occur once; their order does not
/// matter. If `is_end`, ignores the checksum, which depends on the order.
[[nodiscard]] bool is_equivalent_line(std::string_view ours, std::string_view written, bool is_end);

}  // namespace keyferry::planner
