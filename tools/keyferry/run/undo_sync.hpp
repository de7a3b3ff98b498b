// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/sync_options.hpp"

namespace keyferry::cli {

/// Restores what the syncs with the journals `options.undo` have changed and nobody else has
/// changed since, and prints the report to standard output. The fleet spec, if there is one,
/// provides the settings and the access to accounts. Returns the exit code.
[[nodiscard]] int undo_syncs(const SyncOptions& options);

}  // namespace keyferry::cli
