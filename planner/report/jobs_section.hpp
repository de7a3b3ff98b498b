// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/report_document.hpp"
#include "planner/review/plan_review.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Lists all replicas of the plan. Replicas of one key with the same action and reason share a row.
/// Replicas that require manual action come first, and existing ones come last; otherwise, rows are
/// sorted by key. The section contains at most `rows_max` rows and the number of omitted rows.
/// `review` must belong to `plan`.
[[nodiscard]] ReportSection jobs_section(const Plan& plan,
                                         const PlanReview& review,
                                         std::size_t rows_max);

}  // namespace keyferry::planner
