// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <string>

namespace keyferry::engine {

struct CompactedJournal {
    std::uint64_t records_before = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes_before = 0;  ///< of the whole file
    std::uint64_t bytes = 0;
    std::uint64_t torn_bytes = 0;  ///< of an unfinished write at the end, left out
    std::uint64_t jobs_done = 0;   ///< that have one record each now
};

/// Writes the journal in `from` into `to`, which is empty, with less to say of jobs that are done:
/// of their records only the `done` stays, with the digest of their last `sent`. All else stays,
/// with its time and in its order, and so does the last record of a run that was killed, which
/// tells until when it lived. A report on the one journal is a report on the other.
///
/// `name` stands in problems. `from` must be locked; what is in `to` after a problem is of no use.
[[nodiscard]] JournalResult<CompactedJournal> compact_journal(io::AppendFile& from,
                                                              io::AppendFile& to,
                                                              io::WallTime now,
                                                              const std::string& name);

/// What keeps a journal of a later version from being rewritten by this program; nothing otherwise.
[[nodiscard]] std::optional<JournalProblem> rewrite_version_problem(int version,
                                                                    const std::string& name);

}  // namespace keyferry::engine
