// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/format/room.hpp"
#include "engine/journal/read/header.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"
#include "io/file/posix_append_file.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::engine {

/// A copy of a torn tail, kept only for inspection.
struct TornCopy {
    std::string path;       ///< empty if no copy was requested
    std::error_code error;  ///< set if the copy could not be made
};

/// A journal that is ready for a JournalWriter.
struct StartedJournal {
    StartedJournal() = default;

    JournalTail tail;      ///< for the JournalWriter
    JournalReplay replay;  ///< the state after all runs, of which this run is the last
    bool resumed = false;  ///< the journal contains earlier runs
    /// Bytes of an unsynced batch that were truncated; 0 if there were none.
    std::uint64_t torn_bytes = 0;
    TornCopy torn_copy;  ///< a copy of these bytes
    JournalRoom room;    ///< for the JournalWriter

    [[nodiscard]] bool has_torn_copy() const noexcept {
        return torn_bytes > 0 && !torn_copy.path.empty() && !torn_copy.error;
    }
};

/// Copies a torn tail before it is truncated. If the function is empty, no copy is made. If the
/// copy fails, the run continues anyway: the bytes were never synced, so no request was sent based
/// on them.
using KeepTornTail = std::function<TornCopy(std::string_view tail)>;

/// Prepares `file`, which must not be in use by another process, for this run. If the file is
/// empty, `header` is written to it. An existing journal is recovered, checked against `header`,
/// and truncated if its tail is torn. Then the function reserves the first step of the disk space
/// for further records (see JournalRoom), appends `run`, and syncs the file. `now` is the time of
/// the new records; `name` is used in messages.
///
/// Before anything is appended to an existing journal, its last MiB is rewritten and synced. This
/// is necessary because, after a failed write-back, Linux marks pages as clean although they are
/// not on disk. The next sync does not write such pages unless they have been rewritten.
///
/// `plan`, if given, must be the plan that `header` was created from. The journal is then rejected
/// (unusable) if a record names a different key or Region for its job than the plan does. Without
/// this check, a record from another fleet could cause a missing replica to be counted as created.
[[nodiscard]] JournalResult<StartedJournal> start_journal(io::AppendFile& file,
                                                          const JournalHeader& header,
                                                          JournalRun run,
                                                          io::WallTime now,
                                                          const std::string& name,
                                                          const KeepTornTail& keep_torn_tail,
                                                          const planner::Plan* plan = nullptr);

struct OpenedJournal {
    OpenedJournal() = default;

    std::unique_ptr<io::PosixAppendFile> file;  ///< locked until it is destroyed
    StartedJournal start;
};

/// What open_journal does with an existing journal.
enum class IfJournalExists : std::uint8_t {
    resume,
    /// Locks and empties the journal. Used for rehearsals, because the results of one rehearsal are
    /// of no use to the next. Fails (other_plan) unless the journal is from a simulated run.
    start_over,
    /// Fails (io), because the journal must be new.
    refuse,
};

/// Creates a journal at `path`, or opens the existing one to resume a run: locks it and calls
/// start_journal. On failure, a newly created file is removed. Before a torn tail is truncated, it
/// is copied to torn_copy_path(path) if there is enough space.
[[nodiscard]] JournalResult<OpenedJournal> open_journal(
    const std::string& path,
    const JournalHeader& header,
    const JournalRun& run,
    io::WallTime now,
    const planner::Plan* plan = nullptr,
    IfJournalExists if_exists = IfJournalExists::resume);

/// The path to which a torn tail of the journal at `path` is copied.
[[nodiscard]] std::string torn_copy_path(const std::string& path);

/// Opens and locks the existing journal at `path`, so that another journal can be written from it.
[[nodiscard]] JournalResult<std::unique_ptr<io::AppendFile>> lock_journal(const std::string& path);

/// Releases disk space that was reserved but not used by the run. Call this after the last flush.
[[nodiscard]] std::error_code release_reserved_space(io::AppendFile& file);

}  // namespace keyferry::engine
