// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"

namespace keyferry::planner {

/// Checks the keys of all groups against each other, and removes duplicates:
/// - If a key occurs twice in one group, a warning is reported and only one occurrence is kept.
/// - If a key occurs in two groups, an error is reported, because all replicas of a key share one
///   set of parameters.
/// - If a key ID has two primary Regions in one account, an error is reported, because related keys
///   have exactly one primary.
/// Then checks that there is at least one key, and that kFleetKeysMax and kFleetJobsMax are not
/// exceeded.
void check_fleet_keys(FleetSpec& fleet, DiagnosticList& problems);

}  // namespace keyferry::planner
