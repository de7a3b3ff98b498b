// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "io/file/append_file.hpp"
#include "planner/report/report_document.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// Returns the document as `format`: "text", "markdown" or "html".
[[nodiscard]] std::string formatted(const planner::ReportDocument& document,
                                    const std::string& format);

/// Returns the exit code that corresponds to the report's counts: exit_done, exit_permission
/// (access was denied for every failed job), exit_jobs_failed or exit_work_left.
[[nodiscard]] int run_exit_code(const engine::RunReport& report);

/// Prints the report to standard output as `format`: "text", "json", "markdown" or "html". Returns
/// its exit code.
[[nodiscard]] int print_run_report(const engine::RunReport& report, const std::string& format);

/// Reads the journal at `path` without locking it, and prints its report. Returns the exit code of
/// the report. Throws CommandError if the journal cannot be read.
[[nodiscard]] int print_run_report_of(const std::string& path, const std::string& format);

/// Prints the report of the run that this process has made, from its journal in `file`, which is
/// locked. `path` is used only in messages, since it may now refer to another file. `unchecked`:
/// see RunReport.
[[nodiscard]] int print_held_run_report(io::AppendFile& file,
                                        const std::string& path,
                                        bool json,
                                        std::uint64_t unchecked);

}  // namespace keyferry::cli
