// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "engine/journal/read/search.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// Finds the end of the valid part of a journal and classifies the rest.
//
// Records are valid as long as each line is complete, its CRC matches, its n is the next number and
// its p is the c of the previous record. Let w be the first record that is not valid:
//
// - if a self-valid record with k > w follows, record w was synced before that record was written:
//   the file is damaged or was edited, and nothing is repaired automatically;
// - if more bytes follow the valid part than a batch can have, synced records are missing: this is
//   damage too;
// - otherwise w is in the last batch, whose sync is not known to have succeeded: a torn tail, the
//   normal result of a crash, which may be truncated.
//
// A later record counts wherever it is found (JournalSearch): after garbage, after half of another
// record, without its newline. An invalid header is always an error: without it, nothing binds the
// file to a plan.
//
// A crash never prevents a later run. In the unsynced batch, each 512-byte sector may be lost,
// zero, garbage, or old data: the tail of an earlier crash that was truncated. Records in that tail
// have k <= w, because their batch began where the valid part ended at that time. They are accepted
// only if n and p continue from the valid part, that is, from the first truncated record on: they
// were true when written and still are.
//
// Limits: damage within the last batch looks like a torn tail (harmless: all its jobs are checked
// again), and an old copy of the whole file cannot be recognized. Sectors of another journal's
// file, which only file systems that expose freed blocks after a crash can show, may stop a run
// that could continue, but are never accepted as valid. Space reserved beyond the end is not part
// of the file (FALLOC_FL_KEEP_SIZE), so it adds no zeros.

namespace keyferry::engine {

/// Maximum size of a torn tail: one batch.
inline constexpr std::uint64_t kTornTailBytesMax = kJournalBatchBytesMax + kJournalLineBytesMax;

enum class JournalState : std::uint8_t {
    empty,              ///< no bytes at all
    whole,              ///< all bytes are valid
    torn_tail,          ///< valid up to good_bytes; the rest was never synced
    damaged,            ///< a synced record or the header is damaged: stop
    header_incomplete,  ///< a crash before the first sync: nothing was done under this journal
    not_a_journal,      ///< the first line is not a journal header
    newer_version,      ///< valid, but written by a version that this program cannot read
    not_understood,     ///< a valid record has impossible content: a bug, or edited by hand
};

struct JournalScan {
    JournalState state = JournalState::empty;
    JournalTail tail;              ///< after the last valid record
    std::uint64_t good_bytes = 0;  ///< size of the valid part
    std::uint64_t bytes = 0;       ///< size of the file
    /// damaged: the later record that proves the damage; 0 if there is no such record: the header
    /// is damaged, or more is invalid than a torn tail can be.
    std::uint64_t proof_sequence = 0;
    /// not_understood, newer_version: a description of the problem; otherwise empty
    std::string problem;
};

/// Scans a journal in chunks of any size, with memory independent of the file size.
class JournalScanner {
  public:
    /// Called with each valid record, in order. Returns an empty string, or why the record is
    /// impossible, which ends the scan as not_understood.
    using Visitor = std::function<std::string(const JournalRecord& record)>;

    explicit JournalScanner(Visitor visit) : visit_(std::move(visit)) {}

    void feed(std::string_view chunk);

    /// Must be called once, after the last chunk.
    JournalScan finish();

  private:
    enum class Phase : std::uint8_t { good, searching_proof, over };

    bool take_good(std::string_view line);
    void take_body(const JournalFrame& frame);
    void search_proof(std::string_view chunk);
    void end_with(JournalState state, std::string problem);
    [[nodiscard]] JournalState state_without_header() const noexcept;

    Visitor visit_;
    Phase phase_ = Phase::good;
    JournalScan scan_;
    JournalRecord record_;
    std::uint64_t batch_first_ = 0;  ///< k of the last good record
    std::string carry_;              ///< an incomplete line at the end of the last chunk
    std::string beginning_;          ///< of the file, while there is no header
    JournalSearch search_;
};

}  // namespace keyferry::engine
