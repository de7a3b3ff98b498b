// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::cli {

/// Earlier syncs of a fleet, as far as their journals have the default name.
struct EarlierSyncs {
    /// Journals of the syncs before this one that did not end by themselves, oldest first, back to
    /// the last one that did, or to the last undo: this sync continues them, and an undo of it all
    /// needs them too.
    std::vector<std::string> interrupted;
    std::string running;  ///< the journal that another process is using; empty if there is none
};

/// Looks for journals beside `journal`, the default name of the next sync
/// ("fleet.sync-<time>.journal"), whose header names `fleet`. Reads at most the ten latest. Files
/// that are not such journals, or cannot be read, are ignored.
[[nodiscard]] EarlierSyncs find_earlier_syncs(const std::string& journal, const std::string& fleet);

}  // namespace keyferry::cli
