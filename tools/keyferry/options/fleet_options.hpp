// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/filter_options.hpp"
#include "tools/keyferry/options/kms_options.hpp"
#include "tools/keyferry/terminal/rerun_command.hpp"

#include <string>

namespace keyferry::cli {

/// The options common to all commands that access a fleet in KMS.
struct FleetOptions {
    std::string fleet;  ///< path of the spec or of a saved plan
    FilterOptions filter;
    KmsOptions kms;
    bool json = false;
    std::string progress = "auto";
    CommandWords words;  ///< the command line, for messages that repeat it
};

/// Adds --progress.
void add_progress_option(Command command, std::string& progress);

}  // namespace keyferry::cli
