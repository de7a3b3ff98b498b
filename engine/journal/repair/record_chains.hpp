// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <functional>
#include <system_error>
#include <vector>

namespace keyferry::engine {

/// Consecutive records of a damaged journal: n increases by one from record to record, and each p
/// is the c of the previous record. The records may be in several pieces of the file, in any order.
struct RecordChain {
    /// The offset of the first byte of a record, and the offset after the last byte of the same or
    /// a later record.
    struct Piece {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

    std::vector<Piece> pieces;
    std::uint64_t first = 0;            ///< number of the first record
    std::uint64_t end = 0;              ///< one more than the number of the last record
    std::uint32_t previous_crc = 0;     ///< p of the first record
    std::uint32_t last_crc = 0;         ///< c of the last record
    std::uint32_t crc_before_last = 0;  ///< p of the last record found

    [[nodiscard]] std::uint64_t records() const noexcept { return end - first; }
};

/// Finds the records of one journal in `file`: those of the chain that begins with the header, and
/// those of other chains that can belong to the same journal. Longer chains are considered first.
/// Copied pieces, misdirected writes and the remains of another journal in freed blocks are
/// excluded by these conditions:
///
/// - No two chains contain the same record number, so that no record is applied twice.
/// - The chains were written in the order of their record numbers, and each job has the same name
///   (the primary's ARN and the replica's Region) in all of them. This check needs 8 bytes per job.
///   It does not detect a chain of another fleet that has no job number in common with the other
///   chains. In that case, a run refuses the salvaged journal, because it compares the names with
///   its plan (verify_job_names.hpp).
///
/// A record is left out if the p of the record with the next number does not match it. Such a
/// record was modified together with its checksum, or belongs to a torn tail that was truncated.
///
/// The result is ordered by record number. It is empty if there is no header or if the header is
/// left out. `needs_later_version` is set if a record requires a later version of the program.
[[nodiscard]] std::error_code find_journal_chains(io::AppendFile& file,
                                                  std::vector<RecordChain>& chains,
                                                  bool& needs_later_version);

/// Receives a record with the offset of its first byte and the offset after its last byte. Return
/// false to stop reading.
using RecordVisitor =
    std::function<bool(const JournalRecord& record, std::uint64_t begin, std::uint64_t end)>;

/// Passes all records of `chains` to `visit`, in order.
[[nodiscard]] std::error_code read_chains(io::AppendFile& file,
                                          const std::vector<RecordChain>& chains,
                                          const RecordVisitor& visit);

}  // namespace keyferry::engine
