// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/quota_load.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::planner {

/// The cost of a plan at the spec's prices. Covers only the plan's keys, not other keys of the
/// account.
struct PlanCost {
    /// Keys billed before the run: primaries and existing replicas, including replicas that are not
    /// in the spec. Without a survey, only the primaries are counted. Excludes keys pending
    /// deletion, which KMS does not bill.
    std::uint64_t keys_before = 0;
    std::uint64_t keys_added = 0;  ///< replicas to be created

    double usd_per_month_before = 0;
    double usd_per_month_added = 0;
    /// Upper bound for the one-time cost of the run's API requests: the number of requests that
    /// count against quotas, multiplied by attempts_max of [retry]. The actual cost is much lower.
    double run_usd_max = 0;
    double survey_usd = 0;  ///< one-time cost of the calls that the survey made

    [[nodiscard]] double usd_per_month_after() const noexcept {
        return usd_per_month_before + usd_per_month_added;
    }
    [[nodiscard]] double usd_per_year_added() const noexcept { return 12 * usd_per_month_added; }
};

/// Returns the cost of a plan. `load` must be the load of the jobs whose action is create.
[[nodiscard]] PlanCost plan_cost(const ReviewedPlan& reviewed, const std::vector<BucketLoad>& load);

}  // namespace keyferry::planner
