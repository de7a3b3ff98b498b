// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::planner {

/// Returns the part of `review` that concerns `part`. `review` covers the whole plan. The result
/// keeps the extra replicas of the keys in `part` and all call counts.
[[nodiscard]] PlanReview filter_review(const PlanReview& review, const PlanPart& part);

}  // namespace keyferry::planner
