// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/filter_options.hpp"
#include "tools/keyferry/options/kms_options.hpp"

#include <string>

namespace keyferry::cli {

/// Options common to the commands that work on a fleet in KMS.
struct FleetOptions {
    std::string fleet;  ///< path of the spec
    FilterOptions filter;
    KmsOptions kms;
    bool json = false;
    std::string progress = "auto";
};

/// --progress
void add_progress_option(Command command, std::string& progress);

}  // namespace keyferry::cli
