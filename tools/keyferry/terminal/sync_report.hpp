// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/sync_run.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/replica_sync.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::cli {

/// A sync that is over, or that was only looked at.
struct SyncReport {
    const planner::Plan& plan;
    const std::vector<planner::ReplicaSync>& syncs;
    std::uint8_t parts = 0;                   ///< SyncStep bits that were asked for
    std::uint64_t replicas_missing = 0;       ///< of the plan: a run makes them
    std::uint64_t replicas_compared = 0;      ///< with all that the spec says of them
    std::uint64_t replicas_not_compared = 0;  ///< though they are there, or may be
    const engine::SyncRun* run = nullptr;     ///< null: nothing was to be changed but in words
    std::string record;                       ///< the file; empty without one

    [[nodiscard]] bool has_all_parts() const noexcept;
};

/// Changes that all of `syncs` take.
[[nodiscard]] std::uint64_t changes_of(const std::vector<planner::ReplicaSync>& syncs) noexcept;

/// For people: what is changed, or what came of it and what could not be changed and why. Long
/// lists are cut short, and say so.
[[nodiscard]] std::string sync_report_text(const SyncReport& report);

/// One JSON object with all of it.
[[nodiscard]] std::string sync_report_json(const SyncReport& report);

/// What a script is told: exit_done, exit_jobs_failed, exit_permission where all that failed was
/// denied, exit_work_left where all of it got no answer.
[[nodiscard]] int exit_code_of(const engine::SyncRun& run);

}  // namespace keyferry::cli
