// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/header.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace keyferry::engine {

/// A journal that is ready for a JournalWriter.
struct StartedJournal {
    StartedJournal() = default;

    JournalTail tail;      ///< for the JournalWriter
    JournalReplay replay;  ///< what the runs before have done; this run is its last
    bool resumed = false;  ///< there were runs before
    /// Bytes of an unsynced batch that were cut off, and where their copy is. Zero and empty: none.
    std::uint64_t torn_bytes = 0;
    std::string torn_copy;
};

/// Copies what stands from `offset` on away before it is cut off, and returns where to. Only for a
/// file that has a place to copy to; without one the tail is just cut.
using KeepTornTail =
    std::function<JournalResult<std::string>(io::AppendFile& file, std::uint64_t offset)>;

/// Makes `file`, which nobody else may be using, ready for this run: an empty one gets `header`;
/// one that has records is recovered, bound to `header` and repaired if its tail is torn; both get
/// `run`. Everything is synced before it returns. `now` stands in the records, `name` in messages.
///
/// Before anything is appended to a journal that was there, its last MiB is written again and
/// synced: after a failed write-back Linux goes on showing pages that the disk does not have, and
/// marks them clean, so only writing them anew makes the sync that follows mean something.
///
/// `plan`, where there is one, is that of `header`. A journal is then refused (unusable) that has a
/// record about one of its jobs under another job's name, whatever its header says: a record of
/// another fleet, taken for good, would count a replica as made that is not.
[[nodiscard]] JournalResult<StartedJournal> start_journal(io::AppendFile& file,
                                                          const JournalHeader& header,
                                                          JournalRun run,
                                                          io::WallTime now,
                                                          const std::string& name,
                                                          const KeepTornTail& keep_torn_tail,
                                                          const planner::Plan* plan = nullptr);

struct OpenedJournal {
    OpenedJournal() = default;

    std::unique_ptr<io::AppendFile> file;  ///< locked until it is destroyed
    StartedJournal start;
};

/// Creates or resumes the journal at `path`: opens, locks, reserves room for what is still to be
/// written, then start_journal. A file that could not be made ready is removed if it was new.
[[nodiscard]] JournalResult<OpenedJournal> open_journal(const std::string& path,
                                                        const JournalHeader& header,
                                                        const JournalRun& run,
                                                        io::WallTime now,
                                                        const planner::Plan* plan = nullptr);

/// Opens and locks the journal at `path`, which must exist, for making another one of it.
[[nodiscard]] JournalResult<std::unique_ptr<io::AppendFile>> lock_journal(const std::string& path);

/// Gives back the room that open_journal reserved and the run did not use. After the last flush.
[[nodiscard]] std::error_code release_reserved_space(io::AppendFile& file);

/// Room that is reserved for each job that is not done: three records, a quarter on top.
inline constexpr std::uint64_t kReservedBytesPerJob = 960;

}  // namespace keyferry::engine
