// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/sync_options.hpp"

namespace keyferry::cli {

/// Restores the properties changed by the syncs whose journals are `options.undo`, unless they have
/// been changed again since. Prints the report to standard output. The fleet spec, if given,
/// provides the settings and the credentials of accounts. Returns the exit code.
[[nodiscard]] int undo_syncs(const SyncOptions& options);

}  // namespace keyferry::cli
