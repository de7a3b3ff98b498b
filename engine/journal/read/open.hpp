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
    JournalReplay replay;  ///< the results of previous runs; includes this run as the last one
    bool resumed = false;  ///< the journal contains previous runs
    /// Bytes of an unsynced batch that were truncated, and the path of their copy. Zero and empty
    /// if there were none.
    std::uint64_t torn_bytes = 0;
    std::string torn_copy;
};

/// Copies the bytes from `offset` on before they are truncated, and returns the path of the copy.
/// Optional: without it the tail is truncated without a copy.
using KeepTornTail =
    std::function<JournalResult<std::string>(io::AppendFile& file, std::uint64_t offset)>;

/// Prepares `file`, which must not be in use by another process, for this run. An empty file gets
/// `header`; an existing journal is recovered, checked against `header`, and truncated if its tail
/// is torn. Then `run` is appended. Everything is synced before this returns. `now` is the time of
/// the new records, `name` is used in messages.
///
/// Before anything is appended to an existing journal, its last MiB is rewritten and synced: after
/// a failed write-back, Linux keeps showing pages that are not on disk and marks them clean, so
/// only rewriting them makes the following sync effective.
///
/// `plan`, if given, is the plan of `header`. The journal is then refused (unusable) if it contains
/// a record whose job has a different key or Region in the plan: a record of another fleet would
/// otherwise count a missing replica as created.
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

/// Creates or resumes the journal at `path`: opens, locks, reserves space for the records still to
/// be written, then calls start_journal. If this fails, a newly created file is removed.
[[nodiscard]] JournalResult<OpenedJournal> open_journal(const std::string& path,
                                                        const JournalHeader& header,
                                                        const JournalRun& run,
                                                        io::WallTime now,
                                                        const planner::Plan* plan = nullptr);

/// Opens and locks the existing journal at `path` in order to write another one from it.
[[nodiscard]] JournalResult<std::unique_ptr<io::AppendFile>> lock_journal(const std::string& path);

/// Releases the space that open_journal reserved and the run did not use. Call after the last
/// flush.
[[nodiscard]] std::error_code release_reserved_space(io::AppendFile& file);

/// Bytes reserved for each job that is not done: three records plus a quarter.
inline constexpr std::uint64_t kReservedBytesPerJob = 960;

}  // namespace keyferry::engine
