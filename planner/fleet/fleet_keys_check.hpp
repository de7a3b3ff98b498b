// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"

namespace keyferry::planner {

/// Checks the keys of all groups against each other, and removes duplicates:
/// - the same key twice in one group: a warning; one is kept;
/// - the same key in two groups: an error, because all replicas of a key share one set of
///   parameters;
/// - one key ID with two primary Regions in one account: an error, because related keys have
///   exactly one primary.
/// Then checks that there is at least one key, and that kFleetKeysMax and kFleetJobsMax are not
/// exceeded.
void check_fleet_keys(FleetSpec& fleet, DiagnosticList& problems);

}  // namespace keyferry::planner
