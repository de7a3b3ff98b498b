// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/options/simulation_options.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Which KMS endpoint and credentials to use.
struct KmsOptions {
    std::optional<std::string> endpoint_url;
    std::optional<std::string> profile;
    std::optional<std::string> ca_bundle;
    SimulationOptions simulation;
};

/// Adds --endpoint-url, --profile and --ca-bundle. add_simulation_options() adds the options of
/// `simulation`.
void add_kms_options(Command command, KmsOptions& options);

}  // namespace keyferry::cli
