// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// The options of the embedded simulator, as `plan --simulate` and `run --simulate` take them.
struct SimulationOptions {
    bool simulate = false;
    std::string creating = "2s..6s";
    std::string faults;
    std::string fault_file;
    std::uint64_t seed = 1;
};

/// Returns --simulate.
Option add_simulation_options(Command command, SimulationOptions& options);

/// What `options` say, in the simulator's terms. Throws UsageError for a bad text.
[[nodiscard]] simulator::SimulatorSettings simulator_settings(const SimulationOptions& options);

}  // namespace keyferry::cli
