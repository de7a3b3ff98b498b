// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"
#include "tools/keyferry/fleet/call_session.hpp"

#include <vector>

namespace keyferry::cli {

/// Describes the keys of `plan` that are not in `found`, adds them to `found`, and plans the
/// replicas of keys whose primaries have moved (planner::move_primaries). If a key cannot be
/// described, its primary remains where the spec sets it. `plan` must contain all replicas of its
/// keys. Returns the calls that were sent. Throws CommandError like CallSession::run().
std::vector<planner::QuotaCalls> locate_primaries(planner::Plan& plan,
                                                  std::vector<planner::SelectedKey>& found,
                                                  KmsSession& session,
                                                  OutageWait outage_wait);

/// Logs the findings about moved primaries.
void log_moved_primaries(const planner::Plan& plan);

}  // namespace keyferry::cli
