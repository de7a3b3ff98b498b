// SPDX-License-Identifier: Apache-2.0
// Benchmarks forecasts, each of which is a complete run in virtual time. The smoke run in the tests
// skips "large" benchmarks.
#include "bench/support/synthetic_plan.hpp"
#include "engine/forecast/forecast.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace keyferry::bench {
namespace {

/// `keys` keys, distributed evenly over `primaries` Regions, each replicated to the same `replicas`
/// other Regions.
planner::Plan plan_of(std::uint32_t keys, std::uint32_t primaries, std::uint32_t replicas) {
    std::vector<SyntheticKeys> fleet;
    for (std::uint32_t primary = 0; primary < primaries; ++primary) {
        SyntheticKeys some{primary, keys / primaries, {}};
        for (std::uint32_t replica = 0; replica < replicas; ++replica) {
            some.replicas.push_back(primaries + replica);
        }
        fleet.push_back(some);
    }
    return synthetic_plan(fleet, planner::Limits{});
}

void forecast_of(benchmark::State& state,
                 std::uint32_t keys,
                 std::uint32_t primaries,
                 std::uint32_t replicas) {
    const planner::Plan plan = plan_of(keys, primaries, replicas);
    double seconds = 0;
    for (auto iteration : state) {
        seconds = engine::forecast(plan).seconds;
    }
    state.counters["jobs"] = static_cast<double>(plan.jobs.size());
    state.counters["lanes"] = primaries * replicas;
    state.counters["forecast_s"] = seconds;
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(plan.jobs.size()));
}

// The names give the numbers of jobs, primary Regions and replica Regions.
BENCHMARK_CAPTURE(forecast_of, small_3k_1_to_3, 1'000, 1, 3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forecast_of, large_1M_1_to_1, 1'000'000, 1, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forecast_of, large_1M_1_to_10, 100'000, 1, 10)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forecast_of, large_1M_4_to_30, 33'332, 4, 30)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forecast_of, large_10M_1_to_10, 1'000'000, 1, 10)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forecast_of, large_10M_4_to_30, 333'332, 4, 30)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
