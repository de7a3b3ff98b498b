// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/cost_limit.hpp"

#include "planner/summary/cost.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

namespace keyferry::cli {

void add_cost_option(Command command, CostLimit& limit) {
    command
        .option("--max-cost",
                limit.usd_per_month_added_max,
                "Refuse a plan that would add more than AMOUNT US dollars to the monthly bill, "
                "based on the spec's [prices]")
        .non_negative()
        .type_name("AMOUNT");
}

std::string cost_refusal(const CostLimit& limit, const planner::ReviewedPlan& reviewed) {
    if (!limit.usd_per_month_added_max) {
        return {};
    }
    const planner::PlanCost cost = planner::plan_cost(reviewed, planner::quota_load(reviewed));
    if (cost.usd_per_month_added <= *limit.usd_per_month_added_max) {
        return {};
    }
    return fmt::format("refused: {} at {} per month each add {} per month; --max-cost is {}{}",
                       planner::counted(cost.keys_added, "replica"),
                       planner::usd_text(reviewed.plan.settings.prices.key_usd_per_month),
                       planner::usd_text(cost.usd_per_month_added),
                       planner::usd_text(*limit.usd_per_month_added_max),
                       reviewed.review.is_surveyed ? "" : "; existing replicas were not checked");
}

}  // namespace keyferry::cli
