// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/format/text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace keyferry::engine {

/// The part of a record that chains it to the others. Read from lines that may be anything.
struct JournalFrame {
    std::uint64_t sequence = 0;     ///< n
    std::uint64_t batch_first = 0;  ///< k
    std::uint32_t previous_crc = 0;
    std::uint32_t crc = 0;
    std::string_view body;  ///< what stands between p and c, from `,"t":` on; points into the line
};

/// Reads the frame of `line` (without its newline). False unless its seal has the right form, the
/// CRC agrees, and n, k and p stand where they should: then the line is whole, as it was written.
[[nodiscard]] bool read_journal_frame(std::string_view line, JournalFrame& frame) noexcept;

/// A record about a job, as read. Texts point into the line, still escaped (read_journal_text);
/// empty where the record has none.
struct JournalJobRecord {
    JournalEvent event = JournalEvent::sent;
    planner::JobIndex job = 0;
    std::string_view key;     ///< ARN of the primary
    std::string_view region;  ///< of the replica
    int attempt = 0;
    std::string_view digest;
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    std::optional<Attribution> attribution;
    std::string_view state;
    std::optional<double> creation_date_s;
    std::string_view code;
    std::string_view message;
    std::string_view request_id;
};

/// The `end` record.
struct JournalEnd {
    std::string_view how;
};

/// A record with an event of a later version, marked as not needed.
struct JournalSkipped {};

struct JournalRecord {
    std::uint64_t sequence = 0;
    io::WallTime time{};
    JournalMinute minute;   ///< of `time`: what spares reading all of the next record's
    std::string_view text;  ///< JournalFrame::body: all of the record but its place in the chain
    std::variant<JournalSkipped,
                 JournalHeader,
                 JournalRun,
                 JournalJobRecord,
                 JournalEnd,
                 JournalRewrite,
                 JournalLoss>
        body;
};

enum class JournalReading : std::uint8_t {
    understood,
    unknown_event,  ///< written by a later version, and needed
    malformed,      ///< the CRC agrees, but this is not the canonical form
};

/// Reads the rest of a record whose frame is good. `record` may be used again and again.
[[nodiscard]] JournalReading read_journal_body(const JournalFrame& frame, JournalRecord& record);

}  // namespace keyferry::engine
