// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "engine/journal/read/search.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// Where the good part of a journal ends, and what to think of the rest.
//
// Records are good as long as each line is whole, its CRC agrees, its n is the next number and its
// p is the c before it. Say record w is the first that is not. Then:
//
//   if any self-valid record with k > w stands further on, record w had been synced before that
//   one was written: this is damage or somebody's edit, and nothing is repaired by itself;
//   if more stands behind the good part than one batch can be, records were synced there that are
//   gone: this is damage too;
//   otherwise w is in the last batch, whose sync nobody has seen succeed: a torn tail, the normal
//   trace of a crash, which may be cut off.
//
// A record further on counts wherever it stands (JournalSearch): behind garbage, behind the half of
// another record, without its newline. A header that is not good always stops: without it nothing
// binds the file to a plan.
//
// What a crash leaves never stops a run. Of the batch that was not synced every 512-byte sector may
// be lost, zero, garbage, or what stood in the file before: the tail that an earlier crash left and
// that was cut off. Its records have k <= w, because its batch began where the good part ended
// then. They are taken for good only where n and p lead from the good part to them, so from the
// first on that was cut off: what they tell was true when it was written, and is no less so now.
//
// What this cannot see: rot inside the last batch looks torn (harmless: all its jobs are asked
// about again), and so does a whole file put back from an older copy. Sectors of another journal's
// file, which only file systems show that expose freed blocks after a crash, may stop a run that
// could go on; they are never taken for good. Room that is reserved behind the end is not part of
// the file (FALLOC_FL_KEEP_SIZE), so no zeros come from there.

namespace keyferry::engine {

/// What a crash can leave behind the good part: a batch.
inline constexpr std::uint64_t kTornTailBytesMax = kJournalBatchBytesMax + kJournalLineBytesMax;

enum class JournalState : std::uint8_t {
    empty,              ///< no bytes at all
    whole,              ///< every byte is good
    torn_tail,          ///< good up to good_bytes, the rest was never synced
    damaged,            ///< a synced record is damaged, or the header: stop
    header_incomplete,  ///< a crash before the first sync: nothing was done under this journal
    not_a_journal,      ///< the first line is no header of ours
    newer_version,      ///< good, but by a version that this program cannot read
    not_understood,     ///< a good record says what cannot be: a bug, or made by hand
};

struct JournalScan {
    JournalState state = JournalState::empty;
    JournalTail tail;              ///< behind the last good record
    std::uint64_t good_bytes = 0;  ///< where the good part ends
    std::uint64_t bytes = 0;       ///< of the whole file
    /// damaged: the later record that proves it; 0: there is none, the header is damaged or more
    /// is bad than a torn tail can be.
    std::uint64_t proof_sequence = 0;
    std::string problem;  ///< not_understood, newer_version: what is wrong; else empty
};

/// Scans a journal that comes in chunks of any size, so that its size does not matter.
class JournalScanner {
  public:
    /// Called with each good record, in order. Returns an empty string, or why the record cannot
    /// be: that ends the scan as not_understood.
    using Visitor = std::function<std::string(const JournalRecord& record)>;

    explicit JournalScanner(Visitor visit) : visit_(std::move(visit)) {}

    void feed(std::string_view chunk);

    /// Called once, after the last chunk.
    JournalScan finish();

  private:
    enum class Phase : std::uint8_t { good, searching_proof, over };

    bool take_good(std::string_view line);
    void take_body(const JournalFrame& frame);
    void look_for_proof(std::string_view chunk);
    void end_with(JournalState state, std::string problem);
    [[nodiscard]] JournalState state_without_header() const noexcept;

    Visitor visit_;
    Phase phase_ = Phase::good;
    JournalScan scan_;
    JournalRecord record_;
    std::uint64_t batch_first_ = 0;  ///< k of the last good record
    std::string carry_;              ///< the beginning of a line whose newline has not come
    std::string beginning_;          ///< of the file, while there is no header
    JournalSearch search_;
};

}  // namespace keyferry::engine
