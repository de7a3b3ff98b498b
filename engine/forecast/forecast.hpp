// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/summary/plan_forecast.hpp"

#include <chrono>
#include <cstdint>

namespace keyferry::engine {

/// What a forecast takes for granted: no throttle, no failure, no replica there before, and these.
struct ForecastAssumptions {
    /// From a call's leaving to its answer, signing and journal included. KMS in a far Region
    /// answers within some 50 to 300 ms.
    std::chrono::milliseconds round_trip{100};
    /// How long a replica stays Creating: "a few seconds" (KMS API reference, ReplicateKey). It has
    /// been seen to last minutes; only the last replicas' wait is part of a run's time.
    std::chrono::milliseconds creating{4000};
    /// Plans of more jobs than this are not run through: the bound is given instead.
    std::uint64_t jobs_max = 20'000'000;
    /// Plans of more jobs than this are run through once; what other quotas would save is then a
    /// comparison of bounds.
    std::uint64_t jobs_for_savings_max = 100'000;
};

/// How long a run of `plan` takes, by driving the scheduler, lanes and backlog of the executor in
/// virtual time: the quotas' shares, their bursts, the order of the calls, hot keys and the caps on
/// calls in flight are all in it. Deterministic.
[[nodiscard]] planner::PlanForecast forecast(const planner::Plan& plan,
                                             const ForecastAssumptions& assumptions = {});

}  // namespace keyferry::engine
