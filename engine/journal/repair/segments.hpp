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

/// Consecutive records of a damaged journal: n increases by one, and each p is the c of the
/// previous record. If the file contains the same piece twice, the second copy ends its segment, so
/// that what follows it can continue the first copy.
struct JournalSegment {
    std::uint64_t begin = 0;  ///< offset of the first byte
    std::uint64_t end = 0;    ///< offset after the last byte, excluding its newline
    std::uint64_t last_begin = 0;
    std::uint64_t last_before_end = 0;  ///< where the second-to-last record ends
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

/// Maximum step by which a clock may have been set back between two segments of the same journal.
inline constexpr std::chrono::hours kSegmentClockStepMax{26};
/// A file in more pieces than this is not salvaged.
inline constexpr std::size_t kSegmentsMax = 100'000;

/// Passes every record of `file` whose frame and body are valid to `visit`, wherever it is, with
/// the offsets of its first byte and after its last. Returning false ends the search. A header that
/// is not record 0, and a record 0 that is not a header, are skipped. `needs_later_version` is set
/// if a record requires a later version.
using RecordVisitor = std::function<bool(const JournalFrame& frame,
                                         const JournalRecord& record,
                                         std::uint64_t begin,
                                         std::uint64_t end)>;
[[nodiscard]] std::error_code search_records(io::AppendFile& file,
                                             const RecordVisitor& visit,
                                             bool& needs_later_version);
/// Passes only the records within `segment` to `visit`.
[[nodiscard]] std::error_code search_records_of(io::AppendFile& file,
                                                const JournalSegment& segment,
                                                const RecordVisitor& visit);

/// Finds all segments of a file, in file order; at most kSegmentsMax + 1.
[[nodiscard]] std::error_code find_segments(io::AppendFile& file,
                                            std::vector<JournalSegment>& segments,
                                            bool& needs_later_version);

/// Whether the content of a segment is consistent with the segments accepted so far. Called first
/// for the segment with the header, whose result is ignored, then for the others in order of
/// length. If it returns true, the segment is accepted.
using IsConsistent = std::function<bool(const JournalSegment& segment)>;

/// Selects the segments of one journal: the one with the header first, with numbers that increase
/// in file order, and times too, except where a clock was set. If two segments are inconsistent,
/// the longer one is accepted, since the remains of a misdirected write or of a reused block of
/// another journal are short. The same applies if two segments name jobs that cannot be in one
/// plan, which `is_consistent` determines. A record whose successor is chained to different content
/// (the record was modified, including its checksum) is removed from the end of its segment. Empty
/// if the header is missing or was modified in this way.
[[nodiscard]] std::vector<JournalSegment> segments_of_one_journal(
    std::vector<JournalSegment> segments, const IsConsistent& is_consistent);

}  // namespace keyferry::engine
