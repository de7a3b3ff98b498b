// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/filter_options.hpp"
#include "tools/keyferry/options/kms_options.hpp"

#include <string>

namespace keyferry::cli {

/// What commands are told that work on a fleet in KMS.
struct FleetOptions {
    std::string fleet;  ///< the spec's file
    FilterOptions filter;
    KmsOptions kms;
    bool json = false;
    std::string progress = "auto";
};

}  // namespace keyferry::cli
