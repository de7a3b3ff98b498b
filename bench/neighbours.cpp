// SPDX-License-Identifier: Apache-2.0
// Measures how close a run gets to its lower bound when other callers use the same quotas: runs
// random fleets with the production executor and the simulator in virtual time, while other callers
// take 0 to 40 % of each quota in bursts.
//
//     neighbours [--first 1] [--last 200] [--jobs-max 6000] [--check]
//
// In each second, the bound of a quota is the number of whole calls that fit into the smaller of
// its share and the part that other callers leave unused. The bound of a run is determined by the
// quota whose bounds take longest to add up to the tokens that the run needs.
//
// With --check, exits with status 1 unless makespan / bound is at most 1.10 on average and 1.25 at
// worst, and at most 2 % of the calls are throttled.
#include "bench/support/measured_run.hpp"
#include "bench/support/random_fleet.hpp"
#include "planner/summary/quota_load.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace keyferry::bench {
namespace {

constexpr double kUsedMax = 0.4;  // share of a quota that other callers use
constexpr std::int64_t kBurst_s = 15;
constexpr double kRatioMeanMax = 1.10;
constexpr double kRatioMax = 1.25;
constexpr double kThrottledMax = 0.02;

/// A number in [0, 1) for each burst of each quota; the same on every machine.
double random01(std::uint64_t seed, std::uint64_t quota, std::int64_t burst) {
    std::uint64_t mixed = seed * 0x9E3779B97F4A7C15U + quota * 0xBF58476D1CE4E5B9U +
                          static_cast<std::uint64_t>(burst) * 0x94D049BB133111EBU;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    mixed ^= mixed >> 31U;
    return static_cast<double>(mixed >> 11U) * 0x1p-53;
}

/// The tokens that other callers take from a quota at a given time; none in half of the bursts.
std::uint32_t others(std::uint64_t seed,
                     std::string_view account,
                     std::string_view region,
                     io::KmsApi api,
                     std::uint32_t quota,
                     std::int64_t second) {
    const std::uint64_t name = std::hash<std::string_view>()(account) * 31 +
                               std::hash<std::string_view>()(region) * 17 +
                               static_cast<std::uint64_t>(api);
    const double level = random01(seed, name, second / kBurst_s) * 2 - 1;
    return static_cast<std::uint32_t>(std::round(std::max(0.0, level) * kUsedMax * quota));
}

/// The time that the quota takes to provide the tokens that the plan needs.
double bound_s(const planner::BucketLoad& load, std::uint64_t seed) {
    const auto quota = static_cast<std::uint32_t>(load.quota_per_s);
    const int call_tokens = planner::call_tokens_max(load.api);
    double left = load.requests;
    std::int64_t second = 0;
    for (; left > 0; ++second) {
        const std::uint32_t used = others(
            seed, load.place.account.digits(), load.place.region.name(), load.api, quota, second);
        const double calls = std::floor((load.quota_per_s - used) / call_tokens);
        left -= std::min(load.rate_per_s, std::max(0.0, calls) * call_tokens);
    }
    return static_cast<double>(second);
}

struct Measured {
    double ratio = 0;
    double throttled = 0;  ///< fraction of all calls
    bool is_finished = false;
};

Measured measure(std::uint64_t seed, double jobs_max) {
    const planner::Plan plan = random_fleet(FleetFamily::usual, seed, jobs_max);
    simulator::SimulatorSettings settings;
    settings.model.seed = seed;
    settings.ledger_entries_max = 0;
    simulator::SimulatedKms kms(settings);
    cli::fill_simulator(kms, plan);
    kms.quotas().set_other_callers([seed](std::string_view account,
                                          std::string_view region,
                                          io::KmsApi api,
                                          std::uint32_t quota,
                                          io::Moment now) {
        const auto second =
            std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
        return others(seed, account, region, api, quota, second);
    });
    io::Moment first = io::Moment::max();
    io::Moment last{};
    kms.ledger().observe([&](const simulator::LedgerEntry& entry) {
        if (entry.effect.kind == simulator::EffectKind::replica_created) {
            first = std::min(first, entry.time);
            last = std::max(last, entry.time);
        }
    });
    const cli::Rehearsal rehearsal = cli::rehearse(plan, kms, seed);
    double bound = lower_bound(plan).key_s;
    for (const planner::BucketLoad& load : planner::quota_load(plan)) {
        if (load.api != io::KmsApi::describe_key) {
            bound = std::max(bound, bound_s(load, seed));
        }
    }
    Measured measured;
    measured.ratio = std::chrono::duration<double>(last - first).count() / bound;
    measured.throttled = static_cast<double>(rehearsal.progress.throttled) /
                         static_cast<double>(rehearsal.progress.calls);
    measured.is_finished =
        rehearsal.end == engine::RunEnd::finished && rehearsal.effects == plan.jobs.size();
    return measured;
}

struct Options {
    std::uint64_t first = 1;
    std::uint64_t last = 200;
    double jobs_max = 6000;
    bool checks = false;
};

int run(const Options& options) {
    double sum = 0;
    double worst = 0;
    double throttled = 0;
    std::uint64_t worst_seed = 0;
    bool is_good = true;
    for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
        const Measured measured = measure(seed, options.jobs_max);
        is_good &= measured.is_finished;
        sum += measured.ratio;
        throttled += measured.throttled;
        if (measured.ratio > worst) {
            worst = measured.ratio;
            worst_seed = seed;
        }
    }
    const auto fleets = static_cast<double>(options.last - options.first + 1);
    is_good &=
        sum / fleets <= kRatioMeanMax && worst <= kRatioMax && throttled / fleets <= kThrottledMax;
    fmt::print(
        "fleets            {:.0f}\nmakespan / bound  mean {:.4f}, worst {:.4f} (seed {})\n"
        "throttled         {:.2f} % of all calls, mean over the fleets\n",
        fleets,
        sum / fleets,
        worst,
        worst_seed,
        throttled / fleets * 100);
    return is_good || !options.checks ? 0 : 1;
}

int run_program(int argc, char** argv) {
    cli::CommandLine line("neighbours",
                          "Measures runs of random fleets while other callers use the same quotas");
    Options options;
    line.option("--first", options.first, "First seed").show_default();
    line.option("--last", options.last, "Last seed").show_default();
    line.option("--jobs-max", options.jobs_max, "Approximate maximum number of jobs per fleet")
        .show_default();
    line.flag("--check", options.checks, "Exit with 1 if a goal is missed");
    line.on_run([&] { return run(options); });
    return line.run(argc, argv);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) {
    return keyferry::bench::run_program(argc, argv);
}
