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
    std::uint64_t bytes_before = 0;  ///< size of the whole file
    std::uint64_t bytes = 0;
    std::uint64_t torn_bytes = 0;  ///< an interrupted write at the end, left out
    std::uint64_t jobs_done = 0;   ///< jobs that are done and now have one record each
};

/// Writes the journal in `from` to the empty file `to`, keeping only the `done` record of each done
/// job, with the digest of the job's last `sent` record. All other records are kept in order, with
/// their times. The last record of a killed run is kept too, since it shows when the run was last
/// active. Both journals therefore give the same report.
///
/// `name` is used in the text of problems. `from` must be locked. If a problem is returned, the
/// content of `to` is unusable.
[[nodiscard]] JournalResult<CompactedJournal> compact_journal(io::AppendFile& from,
                                                              io::AppendFile& to,
                                                              io::WallTime now,
                                                              const std::string& name);

/// Returns a problem if the journal's version is one that this program must not rewrite; nullopt
/// otherwise.
[[nodiscard]] std::optional<JournalProblem> rewrite_version_problem(int version,
                                                                    const std::string& name);

}  // namespace keyferry::engine
