// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/format/text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry::engine {

/// The part of a record that links it to other records. It can be read even if the rest of the
/// record cannot be parsed.
struct JournalFrame {
    std::uint64_t sequence = 0;     ///< n
    std::uint64_t batch_first = 0;  ///< k
    std::uint32_t previous_crc = 0;
    std::uint32_t crc = 0;
    std::string_view body;  ///< the bytes after p and before c, starting with `,"t":`; a view into
                            ///< the line
};

/// Reads the frame of `line` (without its newline). Returns true if the line is intact: it ends
/// with a well-formed member c, the CRC matches, and n, k and p are in their places.
[[nodiscard]] bool read_journal_frame(std::string_view line, JournalFrame& frame) noexcept;

/// A parsed record about a job. The texts are views into the line, still escaped (see
/// read_journal_text), and empty if the record has no such member.
struct JournalJobRecord {
    JournalEvent event = JournalEvent::sent;
    planner::JobIndex job = 0;
    std::string_view key;     ///< ARN of the primary
    std::string_view region;  ///< the replica's Region
    io::KmsApi action = io::KmsApi::replicate_key;
    int attempt = 0;
    std::string_view digest;
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    std::optional<Attribution> attribution;
    std::string_view state;
    std::optional<double> creation_date_s;
    std::string_view code;
    std::string_view message;
    std::string_view request_id;
    std::optional<io::WallTime> reason_time;
};

/// A parsed `before` record. The texts are views into the line, still escaped; see BeforeEntry.
struct JournalBefore {
    planner::JobIndex job = 0;
    std::string_view key;
    std::string_view region;
    io::KmsApi action = io::KmsApi::replicate_key;
    std::uint64_t part = 0;
    std::uint64_t parts = 0;
    std::string_view text;
};

/// A parsed `end` record. The texts are views into the line, still escaped; see RunEndEntry.
struct JournalEnd {
    std::string_view how;
    std::string_view code;
    std::string_view message;
    std::optional<io::WallTime> reason_time;
    std::vector<ThrottleCount> throttles;
    std::uint64_t throttles_other = 0;  ///< throttles of operations and Regions that are not in
                                        ///< `throttles`
};

/// A record with an unknown event from a later version, marked as optional.
struct JournalSkipped {};

struct JournalRecord {
    std::uint64_t sequence = 0;
    io::WallTime time{};
    /// the minute of `time`; avoids parsing the next record's time in full
    JournalMinute minute;
    std::string_view text;  ///< JournalFrame::body: the record without n, k, p and c
    std::variant<JournalSkipped,
                 JournalHeader,
                 JournalAccess,
                 JournalRun,
                 JournalJobRecord,
                 JournalEnd,
                 JournalRewrite,
                 JournalLoss,
                 JournalBefore>
        body;
};

enum class JournalReading : std::uint8_t {
    understood,
    unknown_event,  ///< written by a later version and not optional, or has an unknown action
    malformed,      ///< the CRC matches, but the record is not in canonical form
};

/// Parses the rest of a record whose frame is valid. `record` can be reused.
[[nodiscard]] JournalReading read_journal_body(const JournalFrame& frame, JournalRecord& record);

}  // namespace keyferry::engine
