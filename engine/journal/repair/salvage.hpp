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

/// Bytes of a damaged journal that were left out.
struct LostRange {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    /// The first missing record, and how many are. At the end of a file it is not known how many
    /// there were: 0.
    std::uint64_t first_record = 0;
    std::uint64_t records = 0;
    bool is_end = false;
    std::optional<io::WallTime> before;  ///< time of the last good record before
    std::optional<io::WallTime> after;   ///< and of the first behind
    /// Jobs whose numbers can still be read in the bytes. A hint: the bytes are damaged.
    std::vector<std::uint64_t> jobs_named;

    /// Whether something that a rerun should know may be gone.
    [[nodiscard]] bool loses_records() const noexcept { return records > 0 || is_end; }
};
inline constexpr std::size_t kLostRangesMax = 1000;
inline constexpr std::size_t kLostJobsNamedMax = 20;

struct SalvagedJournal {
    std::uint64_t bytes_before = 0;
    std::uint64_t records = 0;       ///< good ones, carried over
    std::uint64_t records_lost = 0;  ///< numbers that are missing
    std::uint64_t bytes_lost = 0;
    bool end_is_lost = false;  ///< further records may be missing there
    std::uint64_t ranges_total = 0;
    std::vector<LostRange> ranges;    ///< the first kLostRangesMax
    JournalReplay replay;             ///< of the new journal
    std::uint64_t jobs_in_doubt = 0;  ///< that a rerun looks at before it sends anything
};

/// Writes what is good in the damaged journal `from` into `to`, which is empty, as a journal that a
/// run can go on with. `name` stands in problems; what is in `to` after one is of no use.
///
/// What may be taken for good is told in segments.hpp and job_name_index.hpp. A record that is
/// lost cannot be named, so it may have been about any job that is not done. Where records are
/// missing for the last time the new journal gets a `lost` record: all jobs that are not done there
/// are in doubt from then on, those without any record too, and a rerun asks KMS before it sends.
/// Until `now` each may have been sent, so it gets as much time to show as one that was sent then.
/// So nothing is made twice. A replica that is found then is `created (reconciled)` only if a
/// `sent` for its job is left and it is no older than that; else it is `existed`: this program may
/// have made it, and nothing is left to show it. So nothing is claimed that was there before.
///
/// Refused: a journal that is whole or only has a torn tail, which a run repairs by itself
/// (not_needed); one
/// whose header is gone; one of a later version.
[[nodiscard]] JournalResult<SalvagedJournal> salvage_journal(io::AppendFile& from,
                                                             io::AppendFile& to,
                                                             io::WallTime now,
                                                             const std::string& name);

}  // namespace keyferry::engine
