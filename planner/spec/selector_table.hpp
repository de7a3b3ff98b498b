// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/key_selector.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>
#include <optional>

namespace keyferry::planner {

/// Maximum number of values of one criterion, and of keys in `except`.
inline constexpr std::size_t kSelectorItemsMax = 1000;

/// Reads `select` of a group: a table of criteria, or "all" for every multi-Region primary key in
/// the group's account and Region. Returns nullopt if the group has none or, after reporting an
/// error, if it is invalid. `home_is_known` is whether the group has an account and a primary
/// Region, which are required to search for keys.
[[nodiscard]] std::optional<KeySelector> read_selector(TableReader& group,
                                                       bool home_is_known,
                                                       DiagnosticList& problems);

}  // namespace keyferry::planner
