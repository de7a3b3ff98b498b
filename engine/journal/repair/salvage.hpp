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

/// A range of bytes of a damaged journal that is left out.
struct LostRange {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    /// Number of the first missing record, and how many are missing. At the end of the file the
    /// count is unknown and `records` is 0.
    std::uint64_t first_record = 0;
    std::uint64_t records = 0;
    bool is_end = false;
    std::optional<io::WallTime> before;  ///< time of the last valid record before the range
    std::optional<io::WallTime> after;   ///< time of the first valid record after it
    /// Jobs whose numbers are still readable in the range. Only a hint, since the bytes are
    /// damaged.
    std::vector<std::uint64_t> jobs_named;

    /// Whether records that a rerun needs may be missing.
    [[nodiscard]] bool loses_records() const noexcept { return records > 0 || is_end; }
};
inline constexpr std::size_t kLostRangesMax = 1000;
inline constexpr std::size_t kLostJobsNamedMax = 20;

struct SalvagedJournal {
    std::uint64_t bytes_before = 0;
    std::uint64_t records = 0;       ///< valid records, carried over
    std::uint64_t records_lost = 0;  ///< missing record numbers
    std::uint64_t bytes_lost = 0;
    bool end_is_lost = false;  ///< an unknown number of records may be missing at the end
    std::uint64_t ranges_total = 0;
    std::vector<LostRange> ranges;  ///< the first kLostRangesMax
    JournalReplay replay;           ///< of the new journal
    /// Jobs that a rerun checks with KMS before it sends a request.
    std::uint64_t jobs_in_doubt = 0;
};

/// Writes the valid records of the damaged journal `from` to the empty file `to`, as a journal with
/// which a run can continue. `name` is used in error messages. After an error the contents of `to`
/// are unusable.
///
/// segments.hpp and job_name_index.hpp describe which records count as valid. A lost record may
/// have concerned any job that is not done. After the last gap in the records, the new journal
/// contains a `lost` record: all jobs that are not done at that point are unresolved from then on,
/// including those without any record, and a rerun checks with KMS before it sends a request. Each
/// of them may have been sent as late as `now`, so its replica gets as much time to appear as if
/// the request had been sent then. This way no replica is created twice. A replica found then
/// counts as `created (reconciled)` only if a `sent` record of its job is left and the replica is
/// not older than that record. Otherwise it counts as `existed`: this program may have created it,
/// but no record proves it. This way no replica that already existed is claimed as created.
///
/// Fails for a journal that is whole or has only a torn tail, which a run repairs by itself
/// (not_needed), for one without a valid header, and for one of a later version.
[[nodiscard]] JournalResult<SalvagedJournal> salvage_journal(io::AppendFile& from,
                                                             io::AppendFile& to,
                                                             io::WallTime now,
                                                             const std::string& name);

}  // namespace keyferry::engine
