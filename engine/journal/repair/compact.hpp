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
    std::uint64_t torn_bytes = 0;  ///< size of an interrupted write at the end, which is left out
    std::uint64_t jobs_done = 0;   ///< number of done jobs, which now have one record each
};

/// Writes the journal in `from` to the empty file `to`. Keeps only the `done` record of each done
/// job, and adds the digest from the job's last `sent` record to it. Keeps all other records in
/// order, with their times. The last record of a killed run is always kept, because it shows when
/// the run was last active. As a result, both journals produce the same report.
///
/// `name` is used in the text of problems. `from` must be locked. If a problem is returned, the
/// content of `to` is unusable.
[[nodiscard]] JournalResult<CompactedJournal> compact_journal(io::AppendFile& from,
                                                              io::AppendFile& to,
                                                              io::WallTime now,
                                                              const std::string& name);

/// Returns a problem if this program must not rewrite journals of this version; otherwise nullopt.
[[nodiscard]] std::optional<JournalProblem> rewrite_version_problem(int version,
                                                                    const std::string& name);

}  // namespace keyferry::engine
