// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"
#include "planner/review/replica_change.hpp"
#include "planner/text/shared_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// A change of a damaged journal that cannot be undone for certain.
struct LostChange {
    explicit LostChange(planner::JobIndex job_) : job(job_) {}

    planner::JobIndex job;
    std::optional<io::KeyArn> replica;              ///< nullopt: every record that names it is lost
    io::KmsApi action = io::KmsApi::replicate_key;  ///< if `replica` is known
    /// The values are intact, but it is unknown whether the change was made. Otherwise it was made
    /// or may have been, and they are lost.
    bool has_value = false;
};

/// The changes of a sync, according to its journal.
struct RecordedChanges {
    RecordedChanges() = default;

    JournalHeader header;
    io::WallTime created{};
    /// Those that were made or may have been made, in the order of the journal.
    std::vector<planner::ReplicaChange> changes;
    /// Those without a record that they were sent, if the journal has no `end` record. They were
    /// not made if the sync was killed, but may have been if the end of the file was lost.
    std::vector<planner::ReplicaChange> unrecorded;
    std::uint64_t not_made = 0;  ///< refused, not sent, or existed before
    io::WallTime last_record{};
    std::optional<std::string> damage;  ///< what is wrong with the journal, if it is damaged
    std::vector<LostChange> lost;       ///< by job; only if it is damaged
};

/// Whether a change may have been made, according to the records about it. One that is in flight
/// when the process is killed may have been; an alias that existed was not created by the sync.
/// Nullopt if records may be missing (not `has_all_records`) and no outcome is left.
[[nodiscard]] std::optional<bool> may_be_made(JobPhase phase,
                                              std::optional<Attribution> attribution,
                                              bool has_all_records) noexcept;

/// Reads the journal in `file`, which no process may be writing to. `name` is used in problems. A
/// journal of a run, one without a header, and one whose values are not those of the changes that
/// were sent are refused. A sync that was killed before all `before` records were written has sent
/// no change.
///
/// Of a damaged journal, `changes` has those of which every `before` record and an outcome that
/// says that they were made or may have been are intact. Without the outcome, an undo might take
/// back what someone else has set, or delete an alias that existed before the sync. If only
/// `before` records are missing, changes that were not sent, or were in flight, are known as well.
[[nodiscard]] JournalResult<RecordedChanges> read_recorded_changes(io::AppendFile& file,
                                                                   const std::string& name,
                                                                   planner::SharedTexts& texts);

}  // namespace keyferry::engine
