// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/spec/key_list.hpp"
#include "planner/toml/table_reader.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// Reads `primary` of [fleet] or a group: a Region, or a list of the Regions in which primaries may
/// be. The Regions are distinct and in one partition; the value is not empty.
[[nodiscard]] OptionalSetting<std::vector<io::Region>> read_primaries(TableReader& table,
                                                                      DiagnosticList& problems);

/// Reports the Regions of `primaries` that do not match `allowed`, the patterns of allowed_regions;
/// no pattern allows all Regions. If the spec lists several primary Regions, all but one of them
/// have replicas.
void check_primaries_residency(const std::vector<io::Region>& primaries,
                               const std::vector<std::string>& allowed,
                               const TableReader& group,
                               DiagnosticList& problems);

}  // namespace keyferry::planner
