// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "planner/plan/run_settings.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/sync_options.hpp"
#include "tools/keyferry/terminal/sync_report.hpp"

#include <boost/asio/io_context.hpp>

namespace keyferry::cli {

/// Writes a journal with the values before `report.changes`, makes these changes and prints the
/// report. Returns the exit code: `exit_code_before` if every change was made. `verb` is `sync` or
/// `undo`. Runs `io`, which can be run again afterwards.
[[nodiscard]] int make_changes(const SyncOptions& options,
                               engine::JournalVerb verb,
                               const planner::RunSettings& settings,
                               SyncReport report,
                               KmsAccess& kms,
                               boost::asio::io_context& io,
                               io::Clock& clock,
                               int exit_code_before);

/// Makes the changes or, with --dry-run or if there are none, only prints the report. Refuses if
/// there are more than --max-changes. Arguments and result as for make_changes().
[[nodiscard]] int report_or_make_changes(const SyncOptions& options,
                                         engine::JournalVerb verb,
                                         const planner::RunSettings& settings,
                                         SyncReport report,
                                         KmsAccess& kms,
                                         boost::asio::io_context& io,
                                         io::Clock& clock,
                                         int exit_code_before);

}  // namespace keyferry::cli
