// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/run_settings.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/sync_options.hpp"
#include "tools/keyferry/terminal/sync_report.hpp"

#include <boost/asio/io_context.hpp>

namespace keyferry::cli {

/// Makes `report.changes` and prints the report or, with --dry-run or if there are none, only
/// prints it. A journal with the values before is written first. Refuses if there are more changes
/// than
/// --max-changes. Returns the exit code: `exit_code_before` if every change was made. Runs `io`,
/// which can be run again afterwards.
[[nodiscard]] int report_or_make_changes(const SyncOptions& options,
                                         const planner::RunSettings& settings,
                                         SyncReport report,
                                         KmsAccess& kms,
                                         boost::asio::io_context& io,
                                         io::Clock& clock,
                                         int exit_code_before);

}  // namespace keyferry::cli
