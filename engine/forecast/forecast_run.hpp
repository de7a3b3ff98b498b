#pragma once

#include "engine/forecast/forecast.hpp"
#include "io/clock/moment.hpp"
#include "planner/plan/plan.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace keyferry {

/// The looks at a replica that stays Creating for the assumed time: how often DescribeKey is asked
/// until it says that the replica is ready, and how long after ReplicateKey's answer it has.
struct CreationLooks {
    int looks = 0;
    std::chrono::nanoseconds until_seen{0};
};
CreationLooks creation_looks(const WaitSettings& wait, const ForecastAssumptions& assumptions);

/// When things happen in a run that begins at the moment zero.
struct ForecastTimes {
    struct OfRegion {
        Moment first_start = Moment::max();
        Moment last_ready = Moment::min();
    };
    std::vector<OfRegion> regions;  ///< one for each of plan.regions
    Moment last_answer{};           ///< to ReplicateKey
    Moment last_ready{};
};

/// Runs the plan through the scheduler in virtual time. With `looks_queue`, DescribeKey calls pass
/// the scheduler as they do in a run; without, every job is ready creation_looks() after its
/// answer.
ForecastTimes forecast_run(const Plan& plan,
                           const ForecastAssumptions& assumptions,
                           bool looks_queue);

}  // namespace keyferry
