// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/account_access.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_filter.hpp"

#include <optional>
#include <set>
#include <vector>

namespace keyferry::cli {

/// The accounts and Regions in which a command makes calls.
struct FleetScope {
    std::set<io::AccountId> accounts;
    std::set<io::Region> regions;
    std::set<io::Region> primaries;              ///< the Regions with primary keys
    std::vector<planner::AccountAccess> access;  ///< all of [accounts] in the spec
};

[[nodiscard]] FleetScope scope_of(const planner::Plan& plan);

/// Derives the scope from the settings of the groups, for a fleet whose keys have not been searched
/// for yet.
[[nodiscard]] FleetScope scope_of(const planner::FleetSpec& fleet);

/// Removes the accounts that `filter` excludes from a fleet whose groups select keys, so that no
/// credentials are requested for them and their keys are not searched for. Groups of the other
/// accounts stay complete, because a key belongs to the first group that selects it; apply
/// `filter.without_shard()` to the resulting plan. The accounts of the whole spec are distributed
/// among the shards, so that an account's shard does not depend on the keys that exist.
///
/// Returns the error if a group is unknown, if the spec has fewer accounts than shards, or if no
/// account is left.
[[nodiscard]] std::optional<io::ParseProblem> keep_accounts(planner::FleetSpec& fleet,
                                                            const planner::PlanFilter& filter);

}  // namespace keyferry::cli
