// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/append_file.hpp"

#include <string>

namespace keyferry::cli {

/// Reads the journal at `path` without locking it, and prints its report to standard output, as
/// text or as one JSON object. Returns the exit code that corresponds to the report's counts:
/// exit_done, exit_permission (access was denied for every failed job), exit_jobs_failed or
/// exit_work_left. If the journal cannot be read, logs the reason and returns exit_journal.
[[nodiscard]] int print_run_report(const std::string& path, bool json);

/// Prints the report of the journal in `file`, which this process has locked. `path` is used only
/// in messages, since it may now refer to another file.
[[nodiscard]] int print_held_run_report(io::AppendFile& file, const std::string& path, bool json);

}  // namespace keyferry::cli
