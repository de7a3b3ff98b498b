// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/sync_run.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/replica_sync.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::cli {

/// Result of a sync, or of a dry run.
struct SyncReport {
    const planner::Plan& plan;
    const std::vector<planner::ReplicaSync>& syncs;
    std::uint8_t parts = 0;              ///< SyncStep bits selected by --part
    std::uint64_t replicas_missing = 0;  ///< planned replicas that do not exist; a run creates them
    std::uint64_t replicas_compared = 0;      ///< with everything that the spec sets
    std::uint64_t replicas_not_compared = 0;  ///< although they exist or may exist
    const engine::SyncRun* run = nullptr;     ///< null for a dry run or if nothing differs
    std::string record;                       ///< the file; empty without one

    [[nodiscard]] bool has_all_parts() const noexcept;
};

/// Total number of changes in `syncs`.
[[nodiscard]] std::uint64_t changes_of(const std::vector<planner::ReplicaSync>& syncs) noexcept;

/// Report as text: the planned changes, or the changes made and the failures with their causes.
/// Long lists are truncated, with the number of omitted items.
[[nodiscard]] std::string sync_report_text(const SyncReport& report);

/// Report as one JSON object, complete.
[[nodiscard]] std::string sync_report_json(const SyncReport& report);

/// Exit code of the changes: exit_done, exit_jobs_failed, exit_permission if all failed changes
/// were denied, exit_work_left if all of them got no response.
[[nodiscard]] int exit_code_of(const engine::SyncRun& run);

}  // namespace keyferry::cli
