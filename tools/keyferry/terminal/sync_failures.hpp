// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/sync_run.hpp"
#include "planner/review/replica_change.hpp"

#include <string>
#include <vector>

namespace keyferry::cli {

/// "policy", "alias 'alias/orders'", "tag 'team'".
[[nodiscard]] std::string property_text(planner::SyncStep part, const std::string& name);

/// Returns the changes in `failed`, which are indices into `changes`, grouped by reason, the
/// largest group first, with what the user can do about each group. At most ten groups and ten
/// replicas of each are listed; the number of omitted ones is given. Empty if there are none.
[[nodiscard]] std::string failures_text(const std::vector<planner::ReplicaChange>& changes,
                                        const std::vector<engine::FailedChange>& failed);

}  // namespace keyferry::cli
