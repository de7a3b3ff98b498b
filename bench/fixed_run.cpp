// SPDX-License-Identifier: Apache-2.0
// A reproducible run whose instructions bench/instructions.py counts. Reads and plans a spec with
// KEYS keys and three Regions, and runs the plan with the production executor and the simulator's
// model in virtual time, with a few faults and an in-memory journal.
//
//     fixed_run KEYS
//
// Prints "JOBS CALLS", or prints an error and exits with status 1.
#include "bench/support/spec_plan.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/simulator/service/fault_plan.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace keyferry::bench {

namespace {

constexpr int kKeysMax = 100'000;

std::string spec_text(int keys) {
    std::string text = R"([fleet]
name = "fixed"
account = "111122223333"
primary = "us-east-1"

[[group]]
name = "all"
policy = "default"
tags = { team = "payments", environment = "production" }
replicate_to = ["eu-west-1", "eu-central-1", "ap-southeast-2"]
keys = [
)";
    for (int key = 0; key < keys; ++key) {
        fmt::format_to(std::back_inserter(text), "  \"mrk-{:032x}\",\n", key + 1);
    }
    return text + "]\n";
}

simulator::SimulatorSettings simulator_settings() {
    simulator::SimulatorSettings settings;
    settings.model.seed = 7;
    settings.faults =
        simulator::parse_faults("throttle=0.02,internal=0.01,internal-after=0.005,lost=0.01")
            .value();
    return settings;
}

}  // namespace

void run(int keys) {
    const planner::Plan plan = plan_of_spec(spec_text(keys));
    const cli::Rehearsal rehearsal = cli::rehearse(plan, simulator_settings());
    if (rehearsal.end != engine::RunEnd::finished || rehearsal.effects != plan.jobs.size()) {
        throw std::runtime_error(cli::rehearsal_text(rehearsal));
    }
    fmt::print("{} {}\n", plan.jobs.size(), rehearsal.progress.calls);
}

}  // namespace keyferry::bench

int main(int argument_count, char** arguments) {
    const int keys = argument_count == 2 ? std::atoi(arguments[1]) : 0;
    if (keys < 1 || keys > keyferry::bench::kKeysMax) {
        fmt::print(stderr, "usage: fixed_run KEYS, from 1 to {}\n", keyferry::bench::kKeysMax);
        return 2;
    }
    try {
        keyferry::bench::run(keys);
    } catch (const std::exception& error) {
        fmt::print(stderr, "fixed_run: {}\n", error.what());
        return 1;
    }
    return 0;
}
