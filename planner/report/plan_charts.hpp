// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/bar_chart.hpp"
#include "planner/summary/plan_forecast.hpp"
#include "planner/summary/plan_summary.hpp"

#include <optional>

namespace keyferry::planner {

/// When a run is busy with which Region. Nothing where no replica is made or the forecast is but a
/// bound.
[[nodiscard]] std::optional<BarChart> schedule_chart(const PlanSummary& summary,
                                                     const PlanForecast& forecast);

/// What of each quota the run takes on average, those first that take longest. Nothing where
/// nothing is asked.
[[nodiscard]] std::optional<BarChart> quota_chart(const Plan& plan,
                                                  const PlanSummary& summary,
                                                  const PlanForecast& forecast);

/// US dollars a month, before and after.
[[nodiscard]] BarChart cost_chart(const PlanCost& cost);

}  // namespace keyferry::planner
