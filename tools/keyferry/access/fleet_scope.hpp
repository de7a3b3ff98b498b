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

/// Accounts and Regions of a command's calls.
struct FleetScope {
    std::set<io::AccountId> accounts;
    std::set<io::Region> regions;
    std::set<io::Region> primaries;              ///< those of `regions` that have primary keys
    std::vector<planner::AccountAccess> access;  ///< [accounts] of the spec, used or not
};

[[nodiscard]] FleetScope scope_of(const planner::Plan& plan);

/// For a fleet whose selected keys are not known yet: from the settings of its groups.
[[nodiscard]] FleetScope scope_of(const planner::FleetSpec& fleet);

}  // namespace keyferry::cli
