// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/run_settings.hpp"
#include "planner/toml/table_reader.hpp"

namespace keyferry::planner {

/// Largest quota that a spec may state, in requests per second. KMS's own largest is 20,000.
inline constexpr double kQuotaPerSecondMax = 1'000'000;

/// Largest price that a spec may state, in US dollars.
inline constexpr double kPriceUsdMax = 1'000'000;

// Each reads one table of the spec over the defaults; what is missing or wrong keeps its default.

/// [limits] and [[limits.quota]], whose keys are `account`, `region` and KMS's operation names.
void read_limits(const SpecNode& table, Limits& limits, DiagnosticList& problems);

/// [retry]
void read_retry(const SpecNode& table, RetrySettings& retry, DiagnosticList& problems);

/// [wait]
void read_wait(const SpecNode& table, WaitSettings& wait, DiagnosticList& problems);

/// [prices]
void read_prices(const SpecNode& table, Prices& prices, DiagnosticList& problems);

}  // namespace keyferry::planner
