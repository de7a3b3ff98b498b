// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <functional>
#include <system_error>
#include <vector>

namespace keyferry::engine {

/// A sequence of consecutive records in a damaged journal: n increases by one from record to
/// record, and each p is the c of the previous record. The records may be spread over several
/// pieces of the file, in any order.
struct RecordChain {
    /// A range of bytes, from the beginning of a record to the end of the same or a later record.
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

/// Finds the chains of one journal in `file`: the chain that begins with the header, and other
/// chains that can belong to the same journal. Longer chains are considered first. The following
/// conditions exclude duplicated pieces, misdirected writes and the remains of another journal in
/// freed blocks:
///
/// - No two chains contain the same record number. No record is therefore applied twice.
/// - The chains were written in the order of their record numbers, and each job has the same name
///   (the primary's ARN and the replica's Region) in all of them. Checking this needs 8 bytes per
///   job. A chain of another fleet is not detected if it has no job number in common with the other
///   chains. In that case, a run rejects the salvaged journal when it compares the names with its
///   plan (verify_job_names.hpp).
///
/// A record is left out if the next record's p does not match it. Such a record was modified
/// together with its checksum, or belongs to a torn tail that was truncated.
///
/// The chains are ordered by record number. The result is empty if there is no header or if the
/// header is left out. Sets `needs_later_version` if a record requires a later version of the
/// program.
[[nodiscard]] std::error_code find_journal_chains(io::AppendFile& file,
                                                  std::vector<RecordChain>& chains,
                                                  bool& needs_later_version);

/// Receives a record and its byte range: the offset of its first byte and the offset after its last
/// byte. Returns false to stop reading.
using RecordVisitor =
    std::function<bool(const JournalRecord& record, std::uint64_t begin, std::uint64_t end)>;

/// Passes all records of `chains` to `visit`, in order.
[[nodiscard]] std::error_code read_chains(io::AppendFile& file,
                                          const std::vector<RecordChain>& chains,
                                          const RecordVisitor& visit);

}  // namespace keyferry::engine
