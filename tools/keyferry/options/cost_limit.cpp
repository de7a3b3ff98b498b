#include "tools/keyferry/options/cost_limit.hpp"

#include "planner/summary/cost.hpp"
#include "planner/summary/plan_wording.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace keyferry {

void add_cost_option(CLI::App& command, CostLimit& limit) {
    command
        .add_option("--max-cost",
                    limit.usd_per_month_added_max,
                    "Refuse a plan that adds more US dollars to a month's bill than this, by the "
                    "spec's [prices]")
        ->check(CLI::NonNegativeNumber)
        ->type_name("USD");
}

bool keeps_to(const CostLimit& limit, const Plan& plan, const PlanReview& review) {
    if (!limit.usd_per_month_added_max) {
        return true;
    }
    const PlanCost cost = plan_cost(plan, review, quota_load(plan, review));
    if (cost.usd_per_month_added <= *limit.usd_per_month_added_max) {
        return true;
    }
    print_note(fmt::format(
        "refused: {} at {} a month each add {} a month, --max-cost is {}{}",
        counted(cost.keys_added, "replica", "replicas"),
        usd_text(plan.settings.prices.key_usd_per_month),
        usd_text(cost.usd_per_month_added),
        usd_text(*limit.usd_per_month_added_max),
        review.is_surveyed ? "" : "; nobody asked KMS which of them are there already"));
    return false;
}

bool keeps_to(const CostLimit& limit, const Plan& plan) {
    return !limit.usd_per_month_added_max || keeps_to(limit, plan, unsurveyed_review(plan));
}

}  // namespace keyferry
