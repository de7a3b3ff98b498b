// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/simulation_options.hpp"

#include "tools/keyferry/options/fault_options.hpp"

namespace keyferry::cli {

Option add_simulation_options(Command command, SimulationOptions& options) {
    const std::string group = "Simulation";
    Option simulate =
        command
            .flag("--simulate",
                  options.simulate,
                  "Use the built-in KMS simulator with the fleet's keys; make no AWS calls")
            .group(group);
    command
        .option(
            "--creating",
            options.creating,
            "How long simulated replicas stay in the state Creating: MIN..MAX or a single duration")
        .show_default()
        .needs(simulate)
        .group(group);
    command
        .option("--fault",
                options.faults,
                "Faults to inject, comma-separated: [REGION/][OPERATION.]FAULT=RATE[@FROM..UNTIL], "
                "such as lost=0.01,eu-west-1/throttle=1@10m..20m (see 'keyferry simulate --help')")
        .needs(simulate)
        .group(group);
    command
        .option("--fault-file",
                options.fault_file,
                "File with faults, one per line, such as configs/storms.faults")
        .needs(simulate)
        .group(group);
    command
        .option("--seed",
                options.seed,
                "Random seed of the simulator; the same seed reproduces the run")
        .show_default()
        .needs(simulate)
        .group(group);
    return simulate;
}

simulator::SimulatorSettings simulator_settings(const SimulationOptions& options) {
    simulator::SimulatorSettings settings;
    settings.model.seed = options.seed;
    const io::Parsed<simulator::DurationRange> creating =
        simulator::parse_duration_range(options.creating);
    if (!creating) {
        throw UsageError("--creating", creating.error().text);
    }
    settings.model.creating = *creating;
    settings.faults = read_faults(options.faults, options.fault_file);
    return settings;
}

}  // namespace keyferry::cli
