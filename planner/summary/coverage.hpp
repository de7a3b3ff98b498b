// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/plan_summary.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// What a row of a coverage matrix stands for.
enum class CoverageRows : std::uint8_t {
    keys,             ///< one key
    groups,           ///< the keys of one group
    primary_regions,  ///< the keys whose primaries are in one Region
};

/// A row's keys in one Region.
struct CoverageCell {
    ActionCounts actions;         ///< replicas that the plan wants there
    std::uint64_t primaries = 0;  ///< keys whose primary is there
    std::uint64_t extras = 0;     ///< replicas there that the spec does not name
};

struct CoverageRow {
    std::string name;  ///< key id, group name or Region
    std::uint64_t keys = 0;
    std::vector<CoverageCell> cells;  ///< one for each of Coverage::regions
};

/// Which keys are, or will be, in which Regions.
struct Coverage {
    CoverageRows rows_are = CoverageRows::keys;
    std::vector<io::Region> regions;  ///< where a primary or a replica is, or should be; sorted
    std::vector<CoverageRow> rows;
};

/// Rows that a matrix has at most while it shows keys or groups: a larger fleet is counted by
/// group, one of more groups than this by the Region of the primary. Nothing is left out.
inline constexpr std::size_t kCoverageRowsMax = 40;

/// `review` must be one of `plan`.
[[nodiscard]] Coverage coverage_of(const Plan& plan, const PlanReview& review);

/// "keys", "groups of keys", "keys by the Region of their primary".
[[nodiscard]] std::string_view name_of(CoverageRows rows) noexcept;

}  // namespace keyferry::planner
