#pragma once

#include "tools/keyferry/cost_limit.hpp"
#include "tools/keyferry/filter_options.hpp"
#include "tools/keyferry/kms_access.hpp"

#include <string>

namespace keyferry {

struct RunOptions {
    std::string fleet;
    std::string journal;  ///< empty: beside the fleet spec
    FilterOptions filter;
    KmsOptions kms;
    bool retry_failed = false;
    bool replan = false;
    bool preflight = true;
    bool json = false;
    std::string progress = "auto";
    CostLimit cost_limit;
};

/// Reads the fleet, opens or resumes its journal, runs what is left to do, prints the report (made
/// from the journal) to standard output. Returns the exit code.
int run_fleet(const RunOptions& options);

}  // namespace keyferry
