// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"
#include "planner/review/replica_change.hpp"
#include "planner/text/shared_text.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::engine {

/// The changes of a sync, according to its journal.
struct RecordedChanges {
    RecordedChanges() = default;

    JournalHeader header;
    io::WallTime created{};
    /// Those that were made or may have been made, in the order of the journal.
    std::vector<planner::ReplicaChange> changes;
    std::uint64_t not_made = 0;  ///< refused, not sent, or existed before
};

/// Reads the journal in `file`, which no process may be writing to. `name` is used in problems. A
/// journal of a run, one that is damaged, one without a header, and one whose values are not those
/// of the changes that were sent are refused. A sync that was killed before all `before` records
/// were written has sent no change.
[[nodiscard]] JournalResult<RecordedChanges> read_recorded_changes(io::AppendFile& file,
                                                                   const std::string& name,
                                                                   planner::SharedTexts& texts);

}  // namespace keyferry::engine
