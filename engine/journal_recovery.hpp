#pragma once

#include "engine/journal_parse.hpp"

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
//   otherwise w is in the last batch, whose sync nobody has seen succeed: a torn tail, the normal
//   trace of a crash, which may be cut off.
//
// A record further on counts wherever it begins, also behind a newline that is no longer one. A
// header that is not good always stops: without it nothing binds the file to a plan.
//
// What this cannot see: rot inside the last batch looks torn (harmless: all its jobs are asked
// about again), and so does a whole file put back from an older copy.

namespace keyferry {

enum class JournalState : std::uint8_t {
    empty,              ///< no bytes at all
    whole,              ///< every byte is good
    torn_tail,          ///< good up to good_bytes, the rest was never synced
    damaged,            ///< a synced record is damaged: stop
    header_incomplete,  ///< a crash before the first sync: nothing was done under this journal
    not_a_journal,      ///< the first line is no header of ours
    newer_version,      ///< good, but by a version that this program cannot read
    not_understood,     ///< a good record says what cannot be: a bug, or made by hand
};

struct JournalScan {
    JournalState state = JournalState::empty;
    JournalTail tail;                  ///< behind the last good record
    std::uint64_t good_bytes = 0;      ///< where the good part ends
    std::uint64_t bytes = 0;           ///< of the whole file
    std::uint64_t proof_sequence = 0;  ///< damaged: the later record that proves it
    std::string problem;               ///< not_understood, newer_version: what is wrong; else empty
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

    void take_line(std::string_view line, std::size_t full_length);
    bool take_good(std::string_view line);
    void take_body(const JournalFrame& frame);
    void search_proof(std::string_view line);
    void end_with(JournalState state, std::string problem);

    Visitor visit_;
    Phase phase_ = Phase::good;
    JournalScan scan_;
    JournalRecord record_;
    /// The beginning of a line whose newline has not come: its last kJournalLineBytesMax bytes, all
    /// that a record can be made of. carry_length_ is how many bytes it had in all.
    std::string carry_;
    std::uint64_t carry_length_ = 0;
    bool looks_like_header_ = false;
    bool seen_newline_ = false;
};

}  // namespace keyferry
