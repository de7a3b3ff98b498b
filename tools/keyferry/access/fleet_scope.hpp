#pragma once

#include "io/names/account_id.hpp"
#include "io/names/region.hpp"
#include "planner/plan/account_access.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"

#include <set>
#include <vector>

namespace keyferry {

/// Whose keys a command asks about, and in which Regions.
struct FleetScope {
    std::set<AccountId> accounts;
    std::set<Region> regions;
    std::set<Region> primaries;         ///< those of `regions` that have primary keys
    std::vector<AccountAccess> access;  ///< what the spec says of accounts, used here or not
};

FleetScope scope_of(const Plan& plan);

/// Of a fleet whose keys are not all known: where its groups say that they are.
FleetScope scope_of(const FleetSpec& fleet);

}  // namespace keyferry
