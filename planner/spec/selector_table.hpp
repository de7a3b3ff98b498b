// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/key_selector.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>
#include <optional>

namespace keyferry::planner {

/// Patterns of one criterion, and keys in `except`.
inline constexpr std::size_t kSelectorItemsMax = 1000;

/// Reads `select` of a group: a table of criteria, or the word "all" for every multi-Region primary
/// key of the group's account and Region. Nothing where the group has none, and where it is wrong,
/// which has then been complained of. `home_is_known`: the group says its account and its primary
/// Region, without which nobody knows where to look.
[[nodiscard]] std::optional<KeySelector> read_selector(TableReader& group,
                                                       bool home_is_known,
                                                       DiagnosticList& problems);

}  // namespace keyferry::planner
