// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/fleet_scope.hpp"

namespace keyferry::cli {

FleetScope scope_of(const planner::Plan& plan) {
    FleetScope scope;
    scope.regions.insert(plan.regions.begin(), plan.regions.end());
    for (const planner::PlannedKey& key : plan.keys) {
        scope.accounts.insert(key.primary.account);
        scope.primaries.insert(key.primary.region);
    }
    scope.regions.insert(scope.primaries.begin(), scope.primaries.end());
    scope.access = plan.settings.accounts;
    return scope;
}

FleetScope scope_of(const planner::FleetSpec& fleet) {
    FleetScope scope;
    for (const planner::FleetGroup& group : fleet.groups) {
        scope.regions.insert(group.regions.begin(), group.regions.end());
        if (group.home) {
            scope.accounts.insert(group.home->account);
            scope.primaries.insert(group.home->region);
        }
        for (const planner::SpecKey& key : group.keys) {
            scope.accounts.insert(key.primary.account);
            scope.primaries.insert(key.primary.region);
        }
    }
    scope.regions.insert(scope.primaries.begin(), scope.primaries.end());
    scope.access = fleet.settings.accounts;
    return scope;
}

}  // namespace keyferry::cli
