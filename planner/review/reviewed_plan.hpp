// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::planner {

/// A plan and what comparing it with KMS found for each of its jobs.
struct ReviewedPlan {
    Plan plan;
    PlanReview review;  ///< of `plan`; unsurveyed_review() if KMS was not queried
};

}  // namespace keyferry::planner
