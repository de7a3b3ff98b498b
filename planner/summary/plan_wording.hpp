// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/plan_forecast.hpp"
#include "planner/summary/quota_load.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

// Texts of a plan report, shared by all report formats.

/// At most five names: "a, b and 3 more".
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// "group 'a'", "groups 'a', 'b' and 3 more".
[[nodiscard]] std::string groups_text(const std::vector<std::string>& names);

/// Requests per second: "4", "2,000", "0.5".
[[nodiscard]] std::string rate_text(double per_s);

/// "$0.04", "$1,234.50", "$12,000".
[[nodiscard]] std::string usd_text(double usd);

/// The date of a time in seconds since the Unix epoch, in UTC: "2026-12-01".
[[nodiscard]] std::string date_text(double epoch_s);

/// "< 0.1 %", "12 %".
[[nodiscard]] std::string share_text(double share);

/// "ReplicateKey in us-east-1".
[[nodiscard]] std::string quota_text(const BucketLoad& bucket);

/// Returns how long the run takes, and the assumptions on which this is based.
[[nodiscard]] std::string about_text(const PlanForecast& forecast);

/// Returns the lower bound for the duration, and what determines it.
[[nodiscard]] std::string at_least_text(const PlanForecast& forecast);

/// Returns the time that higher quotas would save; empty if it is too little to justify a quota
/// increase request. `load` is PlanSummary::load.
[[nodiscard]] std::string savings_text(const PlanForecast& forecast,
                                       const std::vector<BucketLoad>& load);

}  // namespace keyferry::planner
