// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

#include <string>
#include <vector>

namespace keyferry::engine {

/// The report as a document, which planner/report writes as text, Markdown and HTML. Control
/// characters in external text are replaced.
[[nodiscard]] planner::ReportDocument run_document(const RunReport& report);

/// The lines below the title: when, where, as whom and for which plan the journal was written, and
/// whether a process is running.
[[nodiscard]] std::vector<std::string> run_headline(const RunReport& report);

/// "2026-08-26 12:00:00"
[[nodiscard]] std::string second_text(io::WallTime time);

}  // namespace keyferry::engine
