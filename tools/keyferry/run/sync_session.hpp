// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "planner/plan/run_settings.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"
#include "tools/keyferry/options/sync_options.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/sync_report.hpp"

#include <string>

namespace keyferry::cli {

/// The result of comparing the replicas, before changes are made.
struct Comparison {
    /// When the reads began. They may miss changes that were made after this time.
    io::WallTime began{};
    int exit_code = exit_done;  ///< the command's exit code if every change is made
};

/// Saves the previous values in a journal, makes `report.changes` and prints the report. With
/// --dry-run, or if there are no changes, only prints the report. Makes no changes if there are
/// more of them than --max-changes, or if another sync or undo of the fleet is running or has
/// changed it since `comparison.began`. Parts of a fleet that are selected by filters may be synced
/// concurrently with different filters. Returns the exit code: `comparison.exit_code` if every
/// change was made; with
/// --dry-run --detailed-exitcode, exit_changes takes precedence. Throws CommandError if the changes
/// are refused, or not completed.
[[nodiscard]] int report_or_make_changes(const SyncOptions& options,
                                         const planner::RunSettings& settings,
                                         SyncReport report,
                                         KmsSession& session,
                                         const Comparison& comparison);

/// Throws CommandError if another sync or undo of the fleet is running. Call this before the
/// replicas are compared.
void check_may_change_fleet(const SyncOptions& options,
                            const std::string& fleet,
                            const KmsAccess& kms);

}  // namespace keyferry::cli
