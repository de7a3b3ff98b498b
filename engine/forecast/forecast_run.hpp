// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/forecast/forecast.hpp"
#include "io/clock/moment.hpp"
#include "planner/plan/plan.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// The looks at a replica that stays Creating for the assumed time: how often DescribeKey is asked
/// until it says that the replica is ready, and how long after ReplicateKey's answer it has.
struct CreationPolls {
    int polls = 0;
    std::chrono::nanoseconds until_seen{0};
};
[[nodiscard]] CreationPolls creation_polls(const planner::WaitSettings& wait,
                                           const ForecastAssumptions& assumptions);

/// When things happen in a run that begins at the moment zero.
struct ForecastTimes {
    struct OfRegion {
        io::Moment first_start = io::Moment::max();
        io::Moment last_ready = io::Moment::min();
    };
    std::vector<OfRegion> regions;  ///< one for each of plan.regions
    io::Moment last_answer{};       ///< to ReplicateKey
    io::Moment last_ready{};
};

/// Runs the plan through the scheduler in virtual time. With `polls_queue`, DescribeKey calls pass
/// the scheduler as they do in a run; without, every job is ready creation_polls() after its
/// answer.
[[nodiscard]] ForecastTimes forecast_run(const planner::Plan& plan,
                                         const ForecastAssumptions& assumptions,
                                         bool polls_queue);

}  // namespace keyferry::engine
