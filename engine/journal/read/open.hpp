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

/// The copy of a torn tail, which is kept only for inspection.
struct TornCopy {
    std::string path;       ///< empty if no copy was requested
    std::error_code error;  ///< set if the copy could not be made
};

/// A journal that is ready for a JournalWriter.
struct StartedJournal {
    StartedJournal() = default;

    JournalTail tail;      ///< for the JournalWriter
    JournalReplay replay;  ///< the results of all runs; this run is the last one
    bool resumed = false;  ///< the journal contains earlier runs
    /// Bytes of an unsynced batch that were truncated; 0 if there were none.
    std::uint64_t torn_bytes = 0;
    TornCopy torn_copy;  ///< the copy of these bytes
    JournalRoom room;    ///< for the JournalWriter

    [[nodiscard]] bool has_torn_copy() const noexcept {
        return torn_bytes > 0 && !torn_copy.path.empty() && !torn_copy.error;
    }
};

/// Copies a torn tail before it is truncated. If the function is empty, no copy is made. If the
/// copy fails, the run still continues: the bytes were never synced, so no request depends on them.
using KeepTornTail = std::function<TornCopy(std::string_view tail)>;

/// Prepares `file`, which must not be in use by another process, for this run. If the file is
/// empty, `header` is written to it. An existing journal is recovered, checked against `header`,
/// and truncated if its tail is torn. Then the first step of the disk space for further records is
/// reserved (see JournalRoom), and `run` is appended. Everything is synced before this function
/// returns. `now` is the time of the new records; `name` is used in messages.
///
/// Before anything is appended to an existing journal, its last MiB is rewritten and synced. After
/// a failed write-back, Linux marks pages that are not on disk as clean, so the next sync would not
/// write them unless they are rewritten.
///
/// `plan`, if given, is the plan of `header`. The journal is then rejected (unusable) if a record
/// names a different key or Region for its job than the plan. Without this check, a record of
/// another fleet could cause a missing replica to be counted as created.
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
    /// Empties the journal once it is locked. This is for rehearsals, since the results of one are
    /// of no use to the next. Fails (other_plan) unless the journal is from a simulated run.
    start_over,
    /// Fails (io), since the journal must be a new one.
    refuse,
};

/// Creates or resumes the journal at `path`: opens and locks it, then calls start_journal. On
/// failure, a newly created file is removed. A torn tail is first copied to torn_copy_path(path),
/// if there is enough space.
[[nodiscard]] JournalResult<OpenedJournal> open_journal(
    const std::string& path,
    const JournalHeader& header,
    const JournalRun& run,
    io::WallTime now,
    const planner::Plan* plan = nullptr,
    IfJournalExists if_exists = IfJournalExists::resume);

/// The path of the copy of the last torn tail of the journal at `path`.
[[nodiscard]] std::string torn_copy_path(const std::string& path);

/// Opens and locks the existing journal at `path`, in order to write another journal from it.
[[nodiscard]] JournalResult<std::unique_ptr<io::AppendFile>> lock_journal(const std::string& path);

/// Releases the disk space that open_journal reserved and that the run did not use. Call this after
/// the last flush.
[[nodiscard]] std::error_code release_reserved_space(io::AppendFile& file);

}  // namespace keyferry::engine
