// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "engine/journal/read/search.hpp"
#include "io/file/file_kind.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// Finds the end of the valid part of a journal and classifies the rest.
//
// A record is valid if its line is complete, its CRC matches, its n is the next number, its p is
// the c of the previous record, and all earlier records are valid. Let w be the number of the first
// invalid record:
//
// - If an intact record with k > w follows, record w had been synced before that record was
//   written. The file must have been damaged or edited since then, and nothing is repaired
//   automatically.
// - If more bytes follow the valid part than a batch can have, synced records are missing, so the
//   file is also damaged.
// - Otherwise, w belongs to the last batch, and it is not known whether that batch was synced.
//   Everything from w on is a torn tail, the normal result of a crash, and may be truncated.
//
// Later records are found wherever they are (see JournalSearch): after garbage, after half of
// another record, or without a newline before them. An invalid header is always an error, because
// only the header shows which plan the file belongs to.
//
// A crash never prevents a later run. After a crash, each 512-byte sector of the unsynced batch may
// be missing or may contain zeros, garbage or old data. Old data is the torn tail of an earlier
// crash, which was truncated at the time. Its records have k <= w, because their batch began where
// the valid part ended at that time. They are accepted only if their n and p continue the valid
// part, which means that they start with the first record that was truncated. Accepting them is
// correct, because the events that they record did happen.
//
// Limits: Damage within the last batch cannot be distinguished from a torn tail. This is harmless,
// because all jobs in that batch are checked again. An old copy of the whole file cannot be
// recognized as old. Sectors of another journal can appear only on file systems that expose freed
// blocks after a crash. They can prevent a run from continuing, but are never accepted as valid.
// Space that is reserved beyond the end is not part of the file (FALLOC_FL_KEEP_SIZE), so it adds
// no zeros.

namespace keyferry::engine {

/// Maximum size of a torn tail: one batch.
inline constexpr std::uint64_t kTornTailBytesMax = kJournalBatchBytesMax + kJournalLineBytesMax;

enum class JournalState : std::uint8_t {
    empty,              ///< no bytes
    whole,              ///< all bytes are valid
    torn_tail,          ///< valid up to good_bytes; the rest was never synced
    damaged,            ///< a synced record or the header is damaged; a run must not continue
    header_incomplete,  ///< crashed before the first sync; no call was recorded
    not_a_journal,      ///< the first line is not a journal header
    newer_version,      ///< valid, but written by a version of the program that this one cannot
                        ///< read
    not_understood,     ///< a valid record has impossible content because of a bug or a manual edit
};

struct JournalScan {
    JournalState state = JournalState::empty;
    JournalVerb verb = JournalVerb::run;  ///< according to the header, if it is valid
    JournalTail tail;                     ///< after the last valid record
    std::uint64_t good_bytes = 0;         ///< size of the valid part
    std::uint64_t bytes = 0;              ///< size of the file
    /// damaged: the number of the later record that proves the damage; 0 if there is none, because
    /// the header is damaged or the invalid part is larger than a torn tail can be
    std::uint64_t proof_sequence = 0;
    io::FileKind kind = io::FileKind::journal;  ///< of a file that is not a journal
    /// a description of the problem for not_understood and newer_version; otherwise empty
    std::string problem;
};

/// Scans a journal in chunks of any size. Memory use does not depend on the file size.
class JournalScanner {
  public:
    /// Called with each valid record, in order. Returns an empty string, or the reason why the
    /// record is impossible. If a reason is returned, the scan ends as not_understood.
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
    std::uint64_t batch_first_ = 0;  ///< k of the last valid record
    std::string carry_;              ///< an incomplete line at the end of the last chunk
    std::string beginning_;          ///< the start of the file, until the header is complete
    JournalSearch search_;
};

}  // namespace keyferry::engine
