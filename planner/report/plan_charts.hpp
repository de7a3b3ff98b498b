// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/bar_chart.hpp"
#include "planner/summary/plan_forecast.hpp"
#include "planner/summary/plan_summary.hpp"

#include <optional>

namespace keyferry::planner {

/// Returns a chart of the time that a run spends on each Region. Returns nullopt if no replica is
/// created or the forecast is only a bound.
[[nodiscard]] std::optional<BarChart> schedule_chart(const PlanSummary& summary,
                                                     const PlanForecast& forecast);

/// Returns a chart of the average utilization of each quota, starting with the quota that takes
/// longest. Returns nullopt if the run makes no requests.
[[nodiscard]] std::optional<BarChart> quota_chart(const Plan& plan,
                                                  const PlanSummary& summary,
                                                  const PlanForecast& forecast);

/// Returns a chart of the cost in US dollars per month, before and after the run.
[[nodiscard]] BarChart cost_chart(const PlanCost& cost);

}  // namespace keyferry::planner
