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

/// A change in a damaged journal that cannot be undone reliably.
struct LostChange {
    explicit LostChange(planner::JobIndex job_) : job(job_) {}

    planner::JobIndex job;
    std::optional<io::KeyArn> replica;              ///< nullopt if all records that name the
                                                    ///< replica are lost
    io::KmsApi action = io::KmsApi::replicate_key;  ///< only valid if `replica` is known
    /// True if the previous value is intact but it is unknown whether the change was made. False if
    /// the change was made, or may have been made, but its previous value is lost.
    bool has_value = false;
};

/// The changes of a sync, as recorded in its journal.
struct RecordedChanges {
    RecordedChanges() = default;

    JournalHeader header;
    io::WallTime created{};
    /// Changes that were made or may have been made, in the order of the journal.
    std::vector<planner::ReplicaChange> changes;
    /// If the journal has no `end` record, the changes without a `sent` record. They were not made
    /// if the sync was killed, but may have been made if the end of the file was lost.
    std::vector<planner::ReplicaChange> unrecorded;
    /// If the journal has no `end` record, the number of changes without any record, because the
    /// journal ends before their `before` records. Like the changes in `unrecorded`, they may have
    /// been made.
    std::uint64_t missing = 0;
    std::uint64_t not_made = 0;  ///< rejected, not sent, or already in effect before the sync
    io::WallTime last_record{};
    std::optional<std::string> damage;  ///< describes the damage; nullopt if the journal is intact
    std::vector<LostChange> lost;       ///< ordered by job; empty if the journal is intact
};

/// Returns whether a change may have been made, according to its records. This is true of a change
/// that was in flight when the process was killed, but not of an alias that existed before the
/// sync. Returns nullopt if records may be missing (`has_all_records` is false) and the change has
/// no recorded outcome.
[[nodiscard]] std::optional<bool> may_be_made(JobPhase phase,
                                              std::optional<Attribution> attribution,
                                              bool has_all_records) noexcept;

/// Reads the journal in `file`, which no process may be writing to. `name` is used in the text of
/// problems. Fails if the journal belongs to a run, has no header, or contains values that do not
/// match the hash of the list of changes in the header. A sync that was killed before it had
/// written all `before` records has sent no request, but its journal cannot be distinguished from
/// one whose end was lost.
///
/// If the journal is damaged, `changes` contains only changes whose `before` records are all intact
/// and whose intact outcome shows that they were made or may have been made. Undoing a change
/// without a known outcome might overwrite a value that was set by someone else, or delete an alias
/// that existed before the sync. If only `before` records are missing, it is also known which
/// changes were not sent and which were in flight.
[[nodiscard]] JournalResult<RecordedChanges> read_recorded_changes(io::AppendFile& file,
                                                                   const std::string& name,
                                                                   planner::SharedTexts& texts);

}  // namespace keyferry::engine
