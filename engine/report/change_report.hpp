// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

#include <string>
#include <string_view>

namespace keyferry::engine {

// The parts of the report of a sync or an undo that differ from the report of a run, because the
// jobs are changes.

/// The fleet's name, and how many changes were made.
[[nodiscard]] std::string changes_headline(const RunReport& report);

/// The number of changes by outcome.
[[nodiscard]] planner::ReportSection changes_counts(const RunReport& report);

/// The number of changes by Region and outcome.
[[nodiscard]] planner::ReportSection changes_by_region(const RunReport& report);

/// Returns what the user can do about changes in `phase` because of `code` (the KMS error code, or
/// empty): one or two sentences, never empty.
[[nodiscard]] std::string_view advice_on_changes(JobPhase phase, std::string_view code);

}  // namespace keyferry::engine
