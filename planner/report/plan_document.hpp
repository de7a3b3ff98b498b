// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/report_document.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/plan_forecast.hpp"
#include "planner/summary/plan_summary.hpp"

#include <cstddef>

namespace keyferry::planner {

/// How long a report may become. What is beyond is counted, never left out in silence.
struct DocumentLimits {
    std::size_t rows_max = 20;     ///< of one table
    std::size_t accounts_max = 3;  ///< whose permissions are shown; each may take 12,000 characters
};

/// The dry-run report of a plan, for people. `summary` must be of `plan` and `review`.
[[nodiscard]] ReportDocument plan_document(const Plan& plan,
                                           const PlanReview& review,
                                           const PlanForecast& forecast,
                                           const PlanSummary& summary,
                                           const DocumentLimits& limits);

}  // namespace keyferry::planner
