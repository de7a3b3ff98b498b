// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Lists the keys whose replicas a run does not create or that cannot be used, with the reason and
/// the Regions of the replicas; at most `rows_max` rows and the number of the others. The section
/// is empty if there are none.
[[nodiscard]] ReportSection blocked_section(const ReviewedPlan& reviewed, std::size_t rows_max);

}  // namespace keyferry::planner
