// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/run_options.hpp"

namespace keyferry::cli {

/// Reads the fleet, opens or resumes its journal, surveys KMS, runs the remaining jobs and prints
/// the report, which is created from the journal, to standard output. Returns the exit code.
[[nodiscard]] int run_fleet(const RunOptions& options);

}  // namespace keyferry::cli
