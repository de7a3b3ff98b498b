// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/plan_forecast.hpp"
#include "planner/summary/plan_summary.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Limits for the length of a report. Omitted rows and accounts are always counted.
struct DocumentLimits {
    std::size_t rows_max = 20;         ///< per table
    std::size_t blocked_rows_max = 5;  ///< of keys that are blocked or unusable
    /// Callers at the head, and accounts in the permissions section, with up to 12,000 characters
    /// each.
    std::size_t accounts_max = 3;
};

/// Returns the human-readable plan report, which is then rendered as text, Markdown or HTML.
/// `summary` must belong to `reviewed`.
[[nodiscard]] ReportDocument plan_document(const ReviewedPlan& reviewed,
                                           const PlanProvenance& provenance,
                                           const PlanForecast& forecast,
                                           const PlanSummary& summary,
                                           const DocumentLimits& limits);

}  // namespace keyferry::planner
