// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

#include <string>
#include <vector>

namespace keyferry::engine {

/// Sorts by phase. Within a phase, the codes with the most jobs come first, and within a code the
/// messages with the most jobs.
void sort_by_jobs(std::vector<StuckReport>& groups);

/// One section for each phase and code of `stuck`: the messages, each with the number of its jobs,
/// some of their keys and Regions, and what to do. `stuck` must be sorted (sort_by_jobs).
[[nodiscard]] std::vector<planner::ReportSection> stuck_sections(
    const std::vector<StuckReport>& stuck, JournalVerb verb);

/// "ap-southeast-2: 3, eu-west-1: 1, ..."
[[nodiscard]] std::string jobs_by_region_text(const StuckReport& stuck);

}  // namespace keyferry::engine
