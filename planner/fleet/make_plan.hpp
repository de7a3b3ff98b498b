// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"

namespace keyferry::planner {

/// Expands a checked spec into jobs: each key in each Region of its group, except the key's own
/// Region. Jobs are sorted by key, then Region, so the order of keys in the spec does not matter.
/// Requires that check_fleet reported no errors for `fleet`.
[[nodiscard]] Plan make_plan(FleetSpec fleet);

}  // namespace keyferry::planner
