#pragma once

#include "engine/journal_replay.hpp"
#include "planner/plan.hpp"
#include "tools/simulator/simulated_kms.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>

namespace keyferry {

/// The options of the embedded simulator, as `plan --simulate` and `run --simulate` take them.
struct SimulationOptions {
    bool simulate = false;
    std::string creating = "2s..6s";
    std::string faults;
    std::string fault_file;
    std::uint64_t seed = 1;
};

void add_simulation_options(CLI::App& command, SimulationOptions& options);

/// What `options` say, in the simulator's terms. Throws CLI::ValidationError for a bad text.
SimulatorSettings simulator_settings(const SimulationOptions& options);

/// A simulator that holds the plan's primaries, enabled and with what the plan copies of them as
/// far as that is known (else KMS's default policy, no description and no tags), and whose request
/// quotas are the ones that the plan believes in, so that a rehearsal meets the limits that the
/// real run would.
void fill_simulator(SimulatedKms& kms, const Plan& plan);

/// Makes the replicas that an earlier simulated run had made: its simulator ended with it.
void restore_replicas(SimulatedKms& kms, const Plan& plan, const JournalReplay& replay);

}  // namespace keyferry
