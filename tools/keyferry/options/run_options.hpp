// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/creation_limits.hpp"
#include "tools/keyferry/options/fleet_options.hpp"
#include "tools/keyferry/options/plan_checks.hpp"

#include <string>

namespace keyferry::cli {

struct RunOptions : FleetOptions {
    std::string journal;  ///< empty: next to the fleet spec
    bool retry_failed = false;
    bool replan = false;
    bool preflight = true;
    CreationLimits limits;
    PlanChecks plan_checks;
};

}  // namespace keyferry::cli
