// SPDX-License-Identifier: Apache-2.0
// Benchmarks the scheduler alone: decisions per second, with quotas so high that every call may
// start immediately, and a complete run in virtual time with KMS's default quotas and instant
// responses.
#include "engine/scheduling/scheduler.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace keyferry::bench {
namespace {

engine::BucketLimits limits(double rate_per_s, int call_tokens) {
    engine::BucketLimits limits;
    limits.rate_per_s = rate_per_s;
    limits.window_tokens_max = static_cast<int>(rate_per_s * 1.25);
    limits.call_tokens_max = call_tokens;
    limits.burst_tokens = 2 * call_tokens;
    return limits;
}

/// `primaries` x `replicas` lanes of ReplicateKey.
struct Fleet {
    Fleet(std::int64_t primaries, std::int64_t replicas, double rate_per_s)
        : scheduler(engine::SchedulerSettings{1'000'000, std::chrono::milliseconds(0)}) {
        std::vector<engine::BucketIndex> replica_buckets;
        for (std::int64_t replica = 0; replica < replicas; ++replica) {
            replica_buckets.push_back(scheduler.add_bucket(limits(rate_per_s, 2), io::Moment{}));
        }
        for (std::int64_t primary = 0; primary < primaries; ++primary) {
            const engine::BucketIndex bucket =
                scheduler.add_bucket(limits(rate_per_s, 1), io::Moment{});
            for (const engine::BucketIndex replica : replica_buckets) {
                lanes.push_back(scheduler.add_lane(engine::LaneSettings{
                    {engine::Cost{bucket, 1}, engine::Cost{replica, 2}}, {}, true}));
            }
        }
    }

    void enqueue(std::uint32_t calls) {
        for (std::uint32_t call = 0; call < calls; ++call) {
            scheduler.enqueue(
                lanes[call % lanes.size()], engine::WaitingCall{call, call}, now, now);
        }
    }

    /// Runs until no calls are waiting.
    void drain() {
        while (scheduler.waiting() > 0) {
            while (const std::optional<engine::StartedCall> started = scheduler.start_next(now)) {
                scheduler.finished(*started, now);
            }
            if (const std::optional<io::Moment> wake = scheduler.wake_at()) {
                now = *wake;
            }
        }
    }

    engine::Scheduler scheduler;
    std::vector<engine::LaneIndex> lanes;
    io::Moment now{};
};

void run_fleet(benchmark::State& state, double rate_per_s) {
    constexpr std::uint32_t kCalls = 10'000;
    Fleet fleet(state.range(0), state.range(1), rate_per_s);
    for (auto iteration : state) {
        fleet.enqueue(kCalls);
        fleet.drain();
    }
    state.SetItemsProcessed(state.iterations() * kCalls);
    state.counters["lanes"] = static_cast<double>(fleet.lanes.size());
}

void decisions_without_quota(benchmark::State& state) {
    run_fleet(state, 1e9);
}

void virtual_run_at_default_quotas(benchmark::State& state) {
    run_fleet(state, 4);
}

BENCHMARK(decisions_without_quota)->Args({1, 3})->Args({1, 30})->Args({4, 30})->Args({25, 40});
BENCHMARK(virtual_run_at_default_quotas)
    ->Args({1, 3})
    ->Args({1, 30})
    ->Args({4, 30})
    ->Args({25, 40});

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
