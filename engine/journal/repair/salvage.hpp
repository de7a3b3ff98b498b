// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// A range of bytes of a damaged journal that salvage leaves out.
struct LostRange {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    /// The number of the first missing record, and how many records are missing. If the range is at
    /// the end of the file, the count is unknown and `records` is 0.
    std::uint64_t first_record = 0;
    std::uint64_t records = 0;
    bool is_end = false;
    std::optional<io::WallTime> before;  ///< time of the last valid record before the range
    std::optional<io::WallTime> after;   ///< time of the first valid record after it
};
inline constexpr std::size_t kLostRangesMax = 1000;

struct SalvagedJournal {
    std::uint64_t bytes_before = 0;
    std::uint64_t records = 0;       ///< valid records, which were carried over
    std::uint64_t records_lost = 0;  ///< missing record numbers
    std::uint64_t bytes_lost = 0;    ///< bytes left out, even where no record is missing
    bool end_is_lost = false;        ///< an unknown number of records may be missing at the end
    std::uint64_t ranges_total = 0;
    std::vector<LostRange> ranges;  ///< the first kLostRangesMax
    JournalReplay replay;           ///< the replay of the new journal
    /// The number of jobs that a rerun checks with KMS before it sends a request.
    std::uint64_t jobs_in_doubt = 0;
};

/// Writes the valid records of the damaged journal `from` to the empty file `to`, creating a
/// journal from which a run can resume. `name` is used in the text of problems. If a problem is
/// returned, the content of `to` is unusable.
///
/// Every intact record of the journal is carried over; record_chains.hpp describes how its records
/// are distinguished from those of other journals. A lost record may concern any job that is not
/// done. The new journal therefore contains a `lost` record after the last gap. It makes all jobs
/// that are not done at that point, including those without any record, unresolved, so that a rerun
/// checks with KMS before it sends their requests. Because these requests may have been sent as
/// late as `now`, their replicas are given as much time to appear as if they had been sent at
/// `now`. As a result, no replica is created twice.
///
/// If such a replica is found, it counts as `created (reconciled)` only if a `sent` record of its
/// job remains and the replica is not older than that record. Otherwise, it counts as `existed`:
/// this program may have created it, but no record proves it. As a result, no replica that already
/// existed is reported as created.
///
/// Fails (not_needed) if the journal is whole or has only a torn tail, which a run repairs
/// automatically. Also fails if the journal has no valid header or was written by a later version.
[[nodiscard]] JournalResult<SalvagedJournal> salvage_journal(io::AppendFile& from,
                                                             io::AppendFile& to,
                                                             io::WallTime now,
                                                             const std::string& name);

}  // namespace keyferry::engine
