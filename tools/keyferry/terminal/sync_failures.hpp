// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/sync_run.hpp"
#include "planner/review/replica_change.hpp"

#include <string>
#include <vector>

namespace keyferry::cli {

/// Describes a property: "policy", "alias 'alias/orders'", "tag 'team'".
[[nodiscard]] std::string property_text(planner::SyncStep part, const std::string& name);

/// Formats the failed changes, grouped by reason, with the largest group first and a remedy for
/// each group. `failed` contains indices into `changes`. Lists at most ten groups and ten replicas
/// per group, and states how many are omitted. Returns an empty string if there are no failures.
[[nodiscard]] std::string failures_text(const std::vector<planner::ReplicaChange>& changes,
                                        const std::vector<engine::FailedChange>& failed);

}  // namespace keyferry::cli
