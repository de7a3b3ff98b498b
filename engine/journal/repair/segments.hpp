// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Records of a damaged journal that follow each other without a gap: n counts on, and each p is
/// the c before. Where a piece is in the file twice, a stretch ends with it, so that what stands
/// behind the second can follow the first.
struct JournalSegment {
    std::uint64_t begin = 0;  ///< the first byte
    std::uint64_t end = 0;    ///< behind the last byte, its newline not counted
    std::uint64_t last_begin = 0;
    std::uint64_t last_before_end = 0;  ///< where the record before the last ends
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint32_t previous_crc = 0;  ///< p of the first record
    std::uint32_t last_crc = 0;      ///< c of the last
    io::WallTime first_time{};
    io::WallTime last_time{};

    [[nodiscard]] std::uint64_t records() const noexcept {
        return last_sequence - first_sequence + 1;
    }
};

/// A clock may have been set back by so much between two stretches of the same journal.
inline constexpr std::chrono::hours kStretchClockStepMax{26};
/// A file that is in more pieces than this is beyond help.
inline constexpr std::size_t kStretchesMax = 100'000;

/// Shows `visit` every record of `file` whose frame and body are good, wherever it stands, with the
/// place of its first byte and of the one behind its last. Returning false ends the search. A
/// header that is not record 0, and a record 0 that is no header, are passed over.
/// `needs_later_version` is set when there was a record that only a later version knows.
using RecordVisitor = std::function<bool(const JournalFrame& frame,
                                         const JournalRecord& record,
                                         std::uint64_t begin,
                                         std::uint64_t end)>;
[[nodiscard]] std::error_code search_records(io::AppendFile& file,
                                             const RecordVisitor& visit,
                                             bool& needs_later_version);
/// The same in `stretch` alone.
[[nodiscard]] std::error_code search_records_of(io::AppendFile& file,
                                                const JournalSegment& segment,
                                                const RecordVisitor& visit);

/// All stretches of a file, in its order; at most kStretchesMax + 1.
[[nodiscard]] std::error_code find_stretches(io::AppendFile& file,
                                             std::vector<JournalSegment>& segments,
                                             bool& needs_later_version);

/// Whether what a stretch says goes with those that it was asked about before and that were taken.
/// Asked first, and whatever it answers, about the one with the header; then by length, only where
/// a yes means that the stretch is taken.
using GoesWithTaken = std::function<bool(const JournalSegment& segment)>;

/// Those that are of one journal: the one with the header first, whose numbers grow in the order of
/// the file and whose times do, but for clocks that were set. Where two cannot both be, the longer
/// one is taken: what a misdirected write or a freed block of another journal has left is short.
/// So too where the two name jobs that cannot be of one plan, which `goes_with_taken` knows.
/// A record whose follower was chained to something else (it was changed, and its checksum with it)
/// is taken off the end of its stretch. Empty when the header is gone, or is such a record.
[[nodiscard]] std::vector<JournalSegment> stretches_of_one_journal(
    std::vector<JournalSegment> segments, const GoesWithTaken& goes_with_taken);

}  // namespace keyferry::engine
