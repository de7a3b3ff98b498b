// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "tools/keyferry/fleet/call_session.hpp"

namespace keyferry::cli {

/// Searches KMS for the keys that the groups of `fleet` select, with progress on standard error,
/// and logs how many were found. Throws CommandError if the search failed, and like
/// CallSession::run().
[[nodiscard]] planner::SelectedKeys search_keys(const planner::FleetSpec& fleet,
                                                KmsSession& session,
                                                OutageWait outage_wait);

}  // namespace keyferry::cli
