// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

#include <string>
#include <string_view>

namespace keyferry::engine {

// The parts of a sync or undo report that differ from a run report because the jobs are changes.

/// The fleet's name and the number of changes that were made.
[[nodiscard]] std::string changes_headline(const RunReport& report);

/// The number of changes by outcome.
[[nodiscard]] planner::ReportSection changes_counts(const RunReport& report);

/// The number of changes by Region and outcome.
[[nodiscard]] planner::ReportSection changes_by_region(const RunReport& report);

/// Returns advice for the user on changes that are in `phase` because of `code` (the KMS error
/// code, or empty). The advice has one or two sentences and is never empty.
[[nodiscard]] std::string_view advice_on_changes(JobPhase phase, std::string_view code);

/// Returns advice_on() for the jobs of a run, and advice_on_changes() for those of a sync or undo.
[[nodiscard]] std::string_view advice_for(JournalVerb verb, JobPhase phase, std::string_view code);

}  // namespace keyferry::engine
