// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/format/room.hpp"
#include "engine/journal/read/open.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"
#include "planner/review/replica_change.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Returns the header that binds a journal to a list of changes. `tool` is, for example,
/// "keyferry 0.1.0".
[[nodiscard]] JournalHeader changes_header(const std::vector<planner::ReplicaChange>& changes,
                                           JournalVerb verb,
                                           std::string fleet,
                                           std::string tool);

/// Writes the `before` records of `changes` to `file`, makes them durable, and then reserves space
/// for the outcomes again. The journal must have just been started. Updates `started.tail`. `name`
/// is used in the text of problems.
[[nodiscard]] std::optional<JournalProblem> write_change_records(
    io::AppendFile& file,
    const std::vector<planner::ReplicaChange>& changes,
    io::WallTime now,
    const std::string& name,
    StartedJournal& started);

}  // namespace keyferry::engine
