// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/options/sync_options.hpp"

namespace keyferry::cli {

/// Restores the properties changed by earlier syncs, whose journals are listed in `options.undo`.
/// Properties that have since been changed again are left as they are. Prints the report to
/// standard output. The fleet spec, if given, provides the settings and the credentials of
/// accounts. Returns the exit code.
[[nodiscard]] int undo_syncs(const SyncOptions& options);

}  // namespace keyferry::cli
