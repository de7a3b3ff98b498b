// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/sync/sync_run.hpp"
#include "planner/plan/lookup_status.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <string_view>

// The exit codes of what commands find out about jobs, replicas, primaries and journals. Commands
// combine those of all jobs or replicas with combined_exit_code(). All commands use these
// functions, so that the same outcome has the same exit code in each of them.

namespace keyferry::cli {

/// A read: exit_done if it succeeded, also if the key or replica does not exist; exit_permission if
/// access was denied or the credentials were refused; otherwise exit_work_left.
[[nodiscard]] ExitCode exit_code_of(planner::LookupStatus lookup) noexcept;

/// A job, according to its journal. `code` is the error code that is recorded with the phase.
/// exit_permission if access was denied or the account's credentials were refused;
/// exit_jobs_failed if a rerun cannot finish the job without manual action; otherwise, unless it is
/// done, exit_work_left.
[[nodiscard]] ExitCode exit_code_of(engine::JobPhase phase, std::string_view code) noexcept;

/// A change of a sync or undo that failed.
[[nodiscard]] ExitCode exit_code_of(const engine::FailedChange& change) noexcept;

/// A replica that a sync does not bring in line with the spec. exit_done for replicas that a sync
/// leaves to a run, or changes.
[[nodiscard]] ExitCode exit_code_of(planner::ReplicaStatus status) noexcept;

/// Why the values that a plan copies from a primary could not be read.
[[nodiscard]] ExitCode exit_code_of(planner::ActionReason reason) noexcept;

/// A check of a fleet or of one key.
[[nodiscard]] ExitCode exit_code_of(planner::CheckVerdict verdict) noexcept;

/// A journal that cannot be used.
[[nodiscard]] ExitCode exit_code_of(engine::JournalProblem::Kind kind) noexcept;

}  // namespace keyferry::cli
