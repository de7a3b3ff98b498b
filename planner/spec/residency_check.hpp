// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/spec/region_list.hpp"
#include "planner/toml/table_reader.hpp"

#include <set>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Reads `allowed_regions` of [fleet]: where replicas may be, as patterns with '*' and '?'. Empty
/// where the spec has none: then they may be anywhere.
[[nodiscard]] std::vector<std::string> read_allowed_regions(TableReader& fleet,
                                                            DiagnosticList& problems);

/// Complains of each of a group's Regions that no pattern allows. One that all the group's keys
/// have their primaries in gets no replica, and may be in a Region set all the same.
void check_residency(const std::vector<ReplicaRegion>& replicas,
                     const std::set<io::Region>& primaries,
                     const std::vector<std::string>& allowed,
                     DiagnosticList& problems);

}  // namespace keyferry::planner
