// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::cli {

/// Reads the journal at `path`, without a lock, and prints the report on it to standard output, as
/// text or as one JSON object. Returns what the counts come to as an exit code: exit_done,
/// exit_permission (every job that failed was denied), exit_jobs_failed, exit_work_left; or
/// exit_journal after a note when the journal cannot be read.
[[nodiscard]] int print_run_report(const std::string& path, bool json);

}  // namespace keyferry::cli
