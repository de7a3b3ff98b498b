// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/region.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/account_access.hpp"
#include "planner/plan/plan.hpp"

#include <set>
#include <vector>

namespace keyferry::cli {

/// The accounts and Regions that a command calls.
struct FleetScope {
    std::set<io::AccountId> accounts;
    std::set<io::Region> regions;
    std::set<io::Region> primaries;              ///< the Regions with primary keys
    std::vector<planner::AccountAccess> access;  ///< all of [accounts] in the spec
};

[[nodiscard]] FleetScope scope_of(const planner::Plan& plan);

/// Derives the scope from the settings of the groups, for a fleet whose keys have not been searched
/// yet.
[[nodiscard]] FleetScope scope_of(const planner::FleetSpec& fleet);

}  // namespace keyferry::cli
