// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/quota_load.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::planner {

/// What a plan costs, by the spec's prices. Only of the plan's own keys: what else the account has
/// is not known here.
struct PlanCost {
    /// Keys that are billed before the run: primaries and the replicas that the review has seen,
    /// those that the spec does not name too. Without a survey, the primaries alone. None that is
    /// to be deleted: those cost nothing.
    std::uint64_t keys_before = 0;
    std::uint64_t keys_added = 0;  ///< replicas to be created

    double usd_per_month_before = 0;
    double usd_per_month_added = 0;
    /// Once: every request that creating them takes, as KMS counts against quotas, tried as often
    /// as [retry] attempts_max allows. A bill will be far below.
    double run_usd_max = 0;
    double survey_usd = 0;  ///< once: the calls that the survey has made

    [[nodiscard]] double usd_per_month_after() const noexcept {
        return usd_per_month_before + usd_per_month_added;
    }
    [[nodiscard]] double usd_per_year_added() const noexcept { return 12 * usd_per_month_added; }
};

/// `load` must be that of `plan` and `review`.
[[nodiscard]] PlanCost plan_cost(const Plan& plan,
                                 const PlanReview& review,
                                 const std::vector<BucketLoad>& load);

}  // namespace keyferry::planner
