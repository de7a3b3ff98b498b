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

/// Whose keys a command asks about, and in which Regions.
struct FleetScope {
    std::set<io::AccountId> accounts;
    std::set<io::Region> regions;
    std::set<io::Region> primaries;  ///< those of `regions` that have primary keys
    std::vector<planner::AccountAccess>
        access;  ///< what the spec says of accounts, used here or not
};

[[nodiscard]] FleetScope scope_of(const planner::Plan& plan);

/// Of a fleet whose keys are not all known: where its groups say that they are.
[[nodiscard]] FleetScope scope_of(const planner::FleetSpec& fleet);

}  // namespace keyferry::cli
