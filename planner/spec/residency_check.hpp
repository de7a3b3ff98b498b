// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/spec/region_list.hpp"
#include "planner/toml/table_reader.hpp"

#include <set>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Reads `allowed_regions` of [fleet]: patterns of allowed replica Regions, with '*' and '?'. The
/// result is empty if the spec has none, which allows all Regions.
[[nodiscard]] std::vector<std::string> read_allowed_regions(TableReader& fleet,
                                                            DiagnosticList& problems);

/// Reports each Region of a group that no pattern allows. If all keys of the group share one
/// primary Region, it gets no replicas, so a Region set may contain it even if it is not allowed.
void check_residency(const std::vector<ReplicaRegion>& replicas,
                     const std::set<io::Region>& primaries,
                     const std::vector<std::string>& allowed,
                     DiagnosticList& problems);

}  // namespace keyferry::planner
