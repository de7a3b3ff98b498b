// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::planner {

/// What `review`, of the whole plan, says of `part`. Of extra replicas those of its keys; `calls`
/// stay what they were.
[[nodiscard]] PlanReview filter_review(const PlanReview& review, const PlanPart& part);

}  // namespace keyferry::planner
