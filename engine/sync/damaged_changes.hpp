// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "io/file/append_file.hpp"
#include "planner/text/shared_text.hpp"

#include <string>

namespace keyferry::engine {

/// Reads what is left of a damaged journal of a sync: see read_recorded_changes(). `scan` is the
/// scan of `file`. Refuses a journal whose header is damaged, which is of a later version, or whose
/// values are all intact and not those that the header names. record_chains.hpp describes how
/// records of other journals are told from its own.
[[nodiscard]] JournalResult<RecordedChanges> read_damaged_changes(io::AppendFile& file,
                                                                  const std::string& name,
                                                                  const JournalScan& scan,
                                                                  planner::SharedTexts& texts);

}  // namespace keyferry::engine
