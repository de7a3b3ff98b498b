#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <CLI/App.hpp>

#include <optional>

namespace keyferry {

/// --max-cost: nothing is made that adds more to a month's bill.
struct CostLimit {
    std::optional<double> usd_per_month_added_max;
};

void add_cost_option(CLI::App& command, CostLimit& limit);

/// Whether the plan keeps to the limit; if not, a note on standard error has the numbers.
bool keeps_to(const CostLimit& limit, const Plan& plan, const PlanReview& review);
/// The same where nobody has asked KMS: every replica counts.
bool keeps_to(const CostLimit& limit, const Plan& plan);

}  // namespace keyferry
