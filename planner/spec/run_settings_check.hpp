// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/run_settings.hpp"
#include "planner/toml/table_reader.hpp"

namespace keyferry::planner {

/// Maximum quota that a spec can set, in requests per second. The largest KMS quota is 20,000.
inline constexpr double kQuotaPerSecondMax = 1'000'000;

/// Maximum price that a spec can set, in US dollars.
inline constexpr double kPriceUsdMax = 1'000'000;

// Each function reads one table of the spec into settings that contain the defaults. Values that
// are missing or invalid keep their defaults.

/// Reads [limits] and [[limits.quota]], whose keys are `account`, `region` and KMS operation names.
void read_limits(const SpecNode& node, Limits& limits, DiagnosticList& problems);

/// Reads [retry].
void read_retry(const SpecNode& node, RetrySettings& retry, DiagnosticList& problems);

/// Reads [wait].
void read_wait(const SpecNode& node, WaitSettings& wait, DiagnosticList& problems);

/// Reads [prices].
void read_prices(const SpecNode& node, Prices& prices, DiagnosticList& problems);

}  // namespace keyferry::planner
