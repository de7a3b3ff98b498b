// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"

namespace keyferry::planner {

/// Checks across all groups that no replica is wanted twice, and drops what is merely repeated:
/// - the same key twice in one group: a warning, one is kept;
/// - the same key in two groups: an error, since a key's replicas share one set of parameters;
/// - one key id with two primary Regions in one account: an error, since related keys have exactly
///   one primary.
/// Then that there is something to do, and not more than kFleetKeysMax and kFleetJobsMax.
void check_fleet_keys(FleetSpec& fleet, DiagnosticList& problems);

}  // namespace keyferry::planner
