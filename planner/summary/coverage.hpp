// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/plan_summary.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// The meaning of a row of a coverage matrix.
enum class CoverageRows : std::uint8_t {
    keys,             ///< one key
    groups,           ///< the keys of one group
    primary_regions,  ///< the keys whose primaries are in one Region
};

/// A row's keys in one Region.
struct CoverageCell {
    ActionCounts actions;         ///< the plan's replicas in the Region
    std::uint64_t primaries = 0;  ///< keys whose primary is in the Region
    std::uint64_t extras = 0;     ///< replicas that are not in the spec
};

struct CoverageRow {
    std::string name;  ///< key ID, group name or Region
    std::uint64_t keys = 0;
    std::vector<CoverageCell> cells;  ///< one per element of Coverage::regions
};

/// The coverage matrix: which keys are, or will be, in which Regions.
struct Coverage {
    CoverageRows rows_are = CoverageRows::keys;
    std::vector<io::Region>
        regions;  ///< all Regions with a primary or a replica, current or planned; sorted
    std::vector<CoverageRow> rows;
};

/// Maximum number of rows in a matrix that has one row per key or per group. A fleet with more keys
/// is shown with one row per group, and a fleet with more groups is shown with one row per primary
/// Region. The matrix always covers all keys.
inline constexpr std::size_t kCoverageRowsMax = 40;

/// Returns the coverage matrix of a plan.
[[nodiscard]] Coverage coverage_of(const ReviewedPlan& reviewed);

/// "keys", "groups of keys" or "keys by primary Region".
[[nodiscard]] std::string_view name_of(CoverageRows rows) noexcept;

}  // namespace keyferry::planner
