// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/forecast/forecast.hpp"
#include "io/clock/moment.hpp"
#include "planner/plan/plan.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// How a replica is polled if it stays Creating for the assumed time: the number of DescribeKey
/// calls, and the time from the ReplicateKey response to the last poll's response.
struct CreationPolls {
    int polls = 0;
    std::chrono::nanoseconds until_seen{0};
};
[[nodiscard]] CreationPolls creation_polls(const planner::WaitSettings& wait,
                                           const ForecastAssumptions& assumptions);

/// The times of events in a run that starts at time zero.
struct ForecastTimes {
    struct OfRegion {
        io::Moment first_start = io::Moment::max();
        io::Moment last_ready = io::Moment::min();
    };
    std::vector<OfRegion> regions;  ///< one per entry of plan.regions
    io::Moment last_answer{};       ///< the last ReplicateKey response
    io::Moment last_ready{};
};

/// Simulates a run of the plan with the real scheduler in virtual time. If `polls_queue` is set,
/// DescribeKey calls go through the scheduler, as in a real run. Otherwise, each replica is assumed
/// to be ready creation_polls().until_seen after its ReplicateKey response.
[[nodiscard]] ForecastTimes forecast_run(const planner::Plan& plan,
                                         const ForecastAssumptions& assumptions,
                                         bool polls_queue);

}  // namespace keyferry::engine
