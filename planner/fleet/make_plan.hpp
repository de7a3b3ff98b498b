// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"

namespace keyferry::planner {

/// Expands a checked spec into its jobs: every key of every group in every Region of its group but
/// the key's own. Sorts by key, then Region, so that the order in which keys are written is of no
/// consequence. `fleet` must have passed check_fleet without an error.
[[nodiscard]] Plan make_plan(FleetSpec fleet);

}  // namespace keyferry::planner
