// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/sync_options.hpp"

namespace keyferry::cli {

/// Compares the replicas of a fleet with its spec, makes the changes that resolve the differences,
/// and prints the report to standard output. Returns the exit code.
[[nodiscard]] int sync_fleet(const SyncOptions& options);

}  // namespace keyferry::cli
