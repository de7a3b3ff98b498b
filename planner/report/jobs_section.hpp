// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/report_document.hpp"
#include "planner/review/plan_review.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Every replica of the plan, for a page: those of one key that need the same for the same reason
/// share a row. What needs somebody's hand comes first, what exists last; then by key. Of more rows
/// than `rows_max` the first ones are there, and the rest is counted. `review` must be one of
/// `plan`.
[[nodiscard]] ReportSection jobs_section(const Plan& plan,
                                         const PlanReview& review,
                                         std::size_t rows_max);

}  // namespace keyferry::planner
