// SPDX-License-Identifier: Apache-2.0
// Measures whether a failing Region slows down the others. Runs a fleet with 20 replica Regions in
// virtual time several times. In each run, one Region is slow, throttled, denied or unreachable.
// Compares the time at which the last replica in each of the other Regions is created with that in
// a run in which all Regions are healthy.
//
//     bulkheads [--check]
//
// Prints a table. With --check, exits with status 1 if another Region takes more than 2 % longer,
// or if the failing Region's jobs do not end as expected.
#include "bench/support/spec_plan.hpp"
#include "io/names/region.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::bench {

namespace {

constexpr std::array<std::string_view, 20> kRegions{
    "af-south-1", "ap-east-1",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",   "eu-central-1",
    "eu-north-1", "eu-south-1",     "eu-west-1",      "eu-west-2",      "eu-west-3",
    "me-south-1", "sa-east-1",      "us-east-2",      "us-west-1",      "us-west-2"};
constexpr std::string_view kTroubled = "eu-west-1";
constexpr double kSlowdownMax = 1.02;

struct Trouble {
    std::string_view name;
    std::string_view faults;  ///< in the syntax of --fault
    bool is_done;             ///< whether all jobs of the failing Region are done at the end
};

constexpr std::array kTroubles{
    Trouble{"20 s per response", "eu-west-1/ReplicateKey.slow=1,slow-delay=20s..20s", true},
    Trouble{"throttled for 10 min", "eu-west-1/ReplicateKey.throttle=1@0s..10m", true},
    Trouble{"denied", "eu-west-1/ReplicateKey.denied=1", false},
    Trouble{"server errors for 10 min", "eu-west-1/ReplicateKey.internal=1@0s..10m", true},
    Trouble{"unreachable for 10 min", "eu-west-1/down=1@0s..10m", true},
};

struct Quotas {
    std::string_view name;
    int replicate_key;  ///< quota at the primary, per second
    int create_key;     ///< quota in each replica Region, per second
    int keys;
};

constexpr std::array kQuotas{Quotas{"5/s", 5, 5, 150}, Quotas{"100/s", 100, 50, 600}};

std::string spec_text(const Quotas& quotas) {
    std::string text = R"([fleet]
name = "bulkheads"
account = "111122223333"
primary = "us-east-1"
)";
    fmt::format_to(std::back_inserter(text),
                   "[[limits.quota]]\nregion = \"us-east-1\"\nReplicateKey = {}\n",
                   quotas.replicate_key);
    for (const std::string_view region : kRegions) {
        fmt::format_to(std::back_inserter(text),
                       "[[limits.quota]]\nregion = \"{}\"\nCreateKey = {}\n",
                       region,
                       quotas.create_key);
    }
    text += "[[group]]\nname = \"all\"\npolicy = \"default\"\nreplicate_to = [";
    for (const std::string_view region : kRegions) {
        fmt::format_to(std::back_inserter(text), "\"{}\", ", region);
    }
    text += "]\nkeys = [\n";
    for (int key = 0; key < quotas.keys; ++key) {
        fmt::format_to(std::back_inserter(text), "  \"mrk-{:032x}\",\n", key + 1);
    }
    return text + "]\n";
}

struct RegionEnd {
    double last_created_s = 0;
    std::size_t created = 0;
};

std::map<std::string, RegionEnd> run(const planner::Plan& plan, std::string_view faults) {
    simulator::SimulatorSettings settings;
    settings.model.seed = 7;
    if (!faults.empty()) {
        settings.faults = simulator::parse_faults(faults).value();
    }
    simulator::SimulatedKms kms(settings);
    cli::fill_simulator(kms, plan);
    const cli::Rehearsal rehearsal = cli::rehearse(plan, kms, settings.model.seed);
    if (rehearsal.end != engine::RunEnd::finished) {
        throw std::runtime_error(cli::rehearsal_text(rehearsal));
    }
    std::map<std::string, RegionEnd> ends;
    for (const simulator::LedgerEntry& entry : kms.ledger().entries()) {
        if (entry.effect.kind == simulator::EffectKind::replica_created) {
            RegionEnd& end = ends[entry.replica_region];
            end.last_created_s = std::chrono::duration<double>(entry.time - io::Moment{}).count();
            ++end.created;
        }
    }
    return ends;
}

}  // namespace

/// Returns whether the jobs of every Region ended as expected.
bool measure() {
    bool is_good = true;
    fmt::print("{:<8} {:<26} {:>14} {:>14} {:>10}\n",
               "quota",
               "one of 20 Regions is",
               "others, worst",
               "that Region",
               "created");
    for (const Quotas& quotas : kQuotas) {
        const planner::Plan plan = plan_of_spec(spec_text(quotas));
        const std::map<std::string, RegionEnd> healthy = run(plan, "");
        for (const Trouble& trouble : kTroubles) {
            std::map<std::string, RegionEnd> ends = run(plan, trouble.faults);
            double worst = 0;
            for (const auto& [region, end] : healthy) {
                if (region != kTroubled) {
                    worst = std::max(worst, ends[region].last_created_s / end.last_created_s);
                    is_good &= ends[region].created == end.created;
                }
            }
            const RegionEnd& troubled = ends[std::string(kTroubled)];
            is_good &= worst <= kSlowdownMax;
            is_good &=
                !trouble.is_done || troubled.created == static_cast<std::size_t>(quotas.keys);
            fmt::print("{:<8} {:<26} {:>13.3f}x {:>12.0f} s {:>6}/{}\n",
                       quotas.name,
                       trouble.name,
                       worst,
                       troubled.last_created_s,
                       troubled.created,
                       quotas.keys);
        }
    }
    return is_good;
}

}  // namespace keyferry::bench

int main(int argument_count, char** arguments) {
    const bool checks = argument_count == 2 && std::string_view(arguments[1]) == "--check";
    if (argument_count > 1 && !checks) {
        fmt::print(stderr, "usage: bulkheads [--check]\n");
        return 2;
    }
    try {
        return keyferry::bench::measure() || !checks ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bulkheads: {}\n", error.what());
        return 1;
    }
}
