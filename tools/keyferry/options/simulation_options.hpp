// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// Options of the built-in simulator for `plan --simulate` and `run --simulate`.
struct SimulationOptions {
    bool simulate = false;
    std::string creating = "2s..6s";
    std::string faults;
    std::string fault_file;
    std::uint64_t seed = 1;
};

/// Adds the options and returns --simulate.
Option add_simulation_options(Command command, SimulationOptions& options);

/// Converts the options to simulator settings. Throws UsageError for invalid values.
[[nodiscard]] simulator::SimulatorSettings simulator_settings(const SimulationOptions& options);

}  // namespace keyferry::cli
