// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/recorded_changes.hpp"
#include "engine/sync/sync_run.hpp"
#include "planner/review/replica_change.hpp"
#include "planner/review/sync_undo.hpp"
#include "tools/keyferry/terminal/unsynced_replicas.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::cli {

/// The properties and changes that an undo skips.
struct UndoRest {
    std::uint64_t unchanged = 0;  ///< properties that already have the values to restore
    std::uint64_t not_made = 0;   ///< changes that the syncs did not make
    /// Changes that are not recorded as sent, in journals without an `end` record.
    std::uint64_t unrecorded = 0;
    std::uint64_t missing = 0;  ///< changes without any record, in journals without an `end` record
    std::vector<planner::SkippedProperty> skipped;
    std::vector<engine::LostChange> lost;  ///< changes of a damaged journal
};

/// Result of a sync or an undo, or of a dry run.
struct SyncReport {
    /// `changes_` must outlive this.
    SyncReport(std::string fleet_, const std::vector<planner::ReplicaChange>& changes_);

    std::string fleet;       ///< the name in the spec
    std::string fleet_path;  ///< path of the spec; may be empty for an undo
    const std::vector<planner::ReplicaChange>& changes;
    std::uint8_t parts = 0;  ///< SyncStep bits selected by --part
    bool is_dry_run = false;
    /// Planned replicas that do not exist. A run creates them.
    std::uint64_t replicas_missing = 0;
    /// Replicas for which all properties in the spec were compared.
    std::uint64_t replicas_compared = 0;
    std::uint64_t replicas_not_compared = 0;  ///< other replicas that exist or may exist
    /// The replicas that are not in line with the spec even if every change is made.
    std::vector<UnsyncedReplicas> unsynced;
    std::optional<UndoRest> undo;          ///< set for an undo
    const engine::SyncRun* run = nullptr;  ///< null for a dry run or if nothing differs
    std::string journal;                   ///< path of the journal; empty if there is none
    /// Journals of interrupted syncs that this one continues, oldest first.
    std::vector<std::string> journals_before;

    /// Number of replicas that `changes` affect.
    [[nodiscard]] std::uint64_t replicas() const noexcept { return replicas_; }
    [[nodiscard]] bool has_all_parts() const noexcept;

  private:
    std::uint64_t replicas_ = 0;
};

/// The shell command that undoes the changes, including those in journals_before, by restoring the
/// previous values.
[[nodiscard]] std::string undo_command(const SyncReport& report);

/// Returns the report as text: the planned changes, or the changes that were made and the failures
/// with their causes. Long lists are truncated, and the report states how many items are omitted.
[[nodiscard]] std::string sync_report_text(const SyncReport& report);

/// Returns the complete report of a sync or undo as one JSON object. Its `format` is
/// "keyferry-sync-report-1".
[[nodiscard]] std::string sync_report_json(const SyncReport& report);

/// Returns the exit code for the changes: the combined_exit_code() of all failed changes. A change
/// counts as exit_permission if access was denied, as exit_jobs_failed if KMS refused it, and
/// otherwise as exit_work_left.
[[nodiscard]] int exit_code_of(const engine::SyncRun& run);

/// Returns the exit code for the properties that an undo skips: the combined_exit_code() of all of
/// them. A property counts as exit_permission if access was denied, as exit_jobs_failed if it was
/// changed after the sync or its replica no longer exists, and otherwise as exit_work_left.
[[nodiscard]] int exit_code_of(const std::vector<planner::SkippedProperty>& skipped);

}  // namespace keyferry::cli
