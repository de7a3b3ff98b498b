// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

namespace keyferry::engine {

/// The report as a document, which planner/report writes as text, Markdown and HTML. Control
/// characters in external text are replaced.
[[nodiscard]] planner::ReportDocument run_document(const RunReport& report);

/// "2026-08-26 12:00:00"
[[nodiscard]] std::string second_text(io::WallTime time);

}  // namespace keyferry::engine
