// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/reviewed_plan.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// --max-cost: the maximum amount that a plan may add to the monthly bill.
struct CostLimit {
    std::optional<double> usd_per_month_added_max;
};

void add_cost_option(Command command, CostLimit& limit);

/// Returns the error message if the cost of the plan exceeds the limit; otherwise empty.
[[nodiscard]] std::string cost_refusal(const CostLimit& limit,
                                       const planner::ReviewedPlan& reviewed);

}  // namespace keyferry::cli
