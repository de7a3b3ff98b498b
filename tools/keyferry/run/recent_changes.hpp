// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/settled_reads.hpp"
#include "planner/plan/plan.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"
#include "tools/keyferry/options/sync_options.hpp"

#include <cstddef>
#include <string>

namespace keyferry::cli {

/// Waits until KMS shows the changes that other syncs and undos of the fleet have made within the
/// last [wait] doubt_timeout. Waits at most for that time. Called before a sync compares the
/// replicas of `plan`, so that they are not compared with outdated values. Does nothing if there
/// are no such changes. Throws CommandError like CallSession::run().
void wait_for_recent_changes(const SyncOptions& options,
                             const planner::Plan& plan,
                             KmsSession& session);

/// Formats the progress of `reads` as JSON or as text.
[[nodiscard]] std::string settled_progress(const engine::SettledReads& reads,
                                           std::size_t replicas,
                                           bool as_json);

}  // namespace keyferry::cli
