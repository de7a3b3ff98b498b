// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "planner/plan/run_settings.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/sync_options.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/sync_report.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::cli {

/// What was found before changes are made.
struct Comparison {
    /// When the reads began. Changes that others have made since may not be in them.
    io::WallTime began{};
    int exit_code = exit_done;  ///< of the command, if every change is made
};

/// Makes `report.changes` and prints the report or, with --dry-run or if there are none, only
/// prints it. A journal with the values before is written first. Refuses if there are more changes
/// than --max-changes, and if another sync or undo of the fleet is running or has changed it since
/// `comparison.began`. Parts of a fleet that are selected by filters may be synced side by side.
/// Returns the exit code: `comparison.exit_code` if every change was made. Runs `io`, which can be
/// run again afterwards.
[[nodiscard]] int report_or_make_changes(const SyncOptions& options,
                                         const planner::RunSettings& settings,
                                         SyncReport report,
                                         KmsAccess& kms,
                                         boost::asio::io_context& io,
                                         io::Clock& clock,
                                         const Comparison& comparison);

/// Returns false after logging why the command must not change the fleet now: another sync or undo
/// of it is running. Call it before the replicas are compared.
[[nodiscard]] bool may_change_fleet(const SyncOptions& options,
                                    const std::string& fleet,
                                    const KmsAccess& kms);

}  // namespace keyferry::cli
