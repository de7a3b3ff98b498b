// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"

#include <string>
#include <vector>

namespace keyferry::cli {

/// Returns the journals of the syncs before `journal`, or of the undos before it, that did not end
/// by themselves, oldest first, back to the last one that did, or to the last of the other verb.
/// The work of `journal` continues theirs, so that an undo of it all needs them too.
///
/// `journal` is the default name of the next sync or undo ("fleet.sync-<time>.journal"); looks for
/// journals with such names beside it whose header names `fleet`, and reads at most the ten latest.
/// Files that are not such journals, cannot be read or are in use are ignored.
[[nodiscard]] std::vector<std::string> find_interrupted(const std::string& journal,
                                                        const std::string& fleet,
                                                        engine::JournalVerb verb);

}  // namespace keyferry::cli
