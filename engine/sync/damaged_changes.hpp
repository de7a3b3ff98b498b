// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "io/file/append_file.hpp"
#include "planner/text/shared_text.hpp"

#include <string>

namespace keyferry::engine {

/// Reads the intact records of a damaged sync journal; see read_recorded_changes(). `scan` is the
/// result of scanning `file`. Fails if the header is damaged or was written by a later version, or
/// if all values are intact but do not match the hash in the header. record_chains.hpp describes
/// how records of other journals are excluded.
[[nodiscard]] JournalResult<RecordedChanges> read_damaged_changes(io::AppendFile& file,
                                                                  const std::string& name,
                                                                  const JournalScan& scan,
                                                                  planner::SharedTexts& texts);

}  // namespace keyferry::engine
