// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/summary/plan_forecast.hpp"

#include <chrono>
#include <cstdint>

namespace keyferry::engine {

/// The assumptions of a forecast. A forecast also assumes that there are no throttles, no failures
/// and no existing replicas.
struct ForecastAssumptions {
    /// The time from sending a call to receiving its response, including signing and journaling. A
    /// distant Region takes about 50 to 300 ms to respond.
    std::chrono::milliseconds round_trip{100};
    /// How long a replica stays Creating: "a few seconds" (KMS API reference, ReplicateKey). In
    /// practice, it can be minutes. Only the wait for the last replicas makes a run longer.
    std::chrono::milliseconds creating{4000};
    /// Runs of plans with more jobs than this are not simulated; their forecast is only a lower
    /// bound.
    std::uint64_t jobs_max = 20'000'000;
    /// For plans with more jobs than this, only one run is simulated. The time that higher quotas
    /// would save is then estimated by comparing lower bounds.
    std::uint64_t jobs_for_savings_max = 100'000;
};

/// Predicts how long a run of `plan` will take by running the executor's scheduler, lanes and
/// backlog in virtual time. Takes into account quota shares, bursts, call order, hot keys and the
/// limits on calls in flight. Deterministic.
[[nodiscard]] planner::PlanForecast forecast(const planner::Plan& plan,
                                             const ForecastAssumptions& assumptions = {});

}  // namespace keyferry::engine
