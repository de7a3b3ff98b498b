// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/report_document.hpp"
#include "planner/summary/plan_summary.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Returns what the replicas of each group get, and each policy with its SHA-256: two tables with
/// at most `rows_max` rows each and the number of the others. `summary` must belong to `plan`.
[[nodiscard]] ReportSection groups_section(const Plan& plan,
                                           const PlanSummary& summary,
                                           std::size_t rows_max);

}  // namespace keyferry::planner
