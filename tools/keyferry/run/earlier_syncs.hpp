// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"

#include <string>
#include <vector>

namespace keyferry::cli {

/// Returns the journals of the interrupted syncs (or undos) immediately before `journal`, oldest
/// first. The search ends at the last sync or undo that was completed, and at the last journal of
/// the other verb. `journal` continues the work of these syncs, so an undo of all this work also
/// needs their journals.
///
/// `journal` is the default name of the next sync or undo ("fleet.sync-<time>.journal"). Considers
/// the journals in the same folder that have such a name and whose header names `fleet`, and reads
/// at most the ten latest. Ignores other files, unreadable files and files in use.
[[nodiscard]] std::vector<std::string> find_interrupted(const std::string& journal,
                                                        const std::string& fleet,
                                                        engine::JournalVerb verb);

}  // namespace keyferry::cli
