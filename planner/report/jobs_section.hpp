// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Lists all replicas of the plan. Replicas of one key with the same action and reason share a row.
/// Replicas that require manual action come first, and existing ones come last; otherwise, rows are
/// sorted by key. The section contains at most `rows_max` rows and the number of omitted rows.
[[nodiscard]] ReportSection jobs_section(const ReviewedPlan& reviewed, std::size_t rows_max);

}  // namespace keyferry::planner
