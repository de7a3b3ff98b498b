// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/entry.hpp"
#include "io/clock/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The journal's format, version 1.
//
// A journal is one file that only grows: JSON Lines in printable ASCII, one record a line, each
// line at most 4096 bytes with its newline. A record, broken here for reading:
//
//   {"n":17,"k":16,"p":"9ae0daaf","t":"2026-08-26T12:00:00.123Z",
//    "ev":"sent","job":8,"key":"arn:aws:kms:us-east-1:111122223333:key/mrk-...",
//    "region":"eu-west-1","att":1,"digest":"5e88...","c":"1f2e3d4c"}
//
//   n   the record's number, from 0, without gaps
//   k   the number of the first record of the batch that this one was written with
//   p   the c of the record before; "00000000" for the first
//   t   when it was written: UTC, milliseconds
//   ev  what it tells (JournalEvent); the members that follow depend on it
//   c   CRC-32C of all bytes of the line before `,"c":`; always last, so it can be checked before
//       any JSON is read
//
// Members, in this order, those in [] only where there is something to say:
//
//   open      fmt v min_reader plan_sha256 jobs regions{name:jobs} accounts[] accounts_total
//             partition fleet tool simulated                     record 0 and no other
//   run       pid host boot_id version [caller] [torn]           torn: bytes cut off at the start
//   sent ... deferred
//             job key region [att] [digest] [off] [how] [state] [created] [code] [message]
//             [request_id]
//   end       how
//   rewritten "opt":1 how records lost carried dropped not_begun [plan_before]    JournalRewrite
//   lost      bytes [records]                                                     JournalLoss
//
// `created` is the replica's creation date in epoch seconds with three decimals; `off` how many
// milliseconds KMS's clock was ahead of the one that `t` is from (negative: behind), which is what
// makes the two comparable. A job is numbered
// by its place in the plan, and named in clear as well, so that a journal can be read without one.
//
// Canonical: this order, no spaces, no leading zeros, and in strings only \" \\ and \uXXXX. So
// grep and jq work, two journals can be compared as text, and the reader can be a strict scanner.
//
// The rule that makes a torn end and a damaged middle distinguishable: a batch is written only
// after the sync of the batch before has succeeded. So a good record with k above w proves that
// record w was on the disk. See journal_recovery.hpp.
//
// Versions. A reader refuses a journal whose min_reader is above its own version; a program that
// wants to write refuses one whose v is. A record with an `ev` unknown here is skipped if its next
// member is "opt":1, and refused otherwise. Whatever a later version writes, `{"n":` stands only at
// the beginning of a record and `,"c":"` only at its end: JournalSearch goes by them.
//
// The CRC finds accidents. It is not a signature: whoever can write the file can make a new one.
//
// Rejected. SQLite: not for network file systems, three files, and its faults cannot be put under
// a test's control the way 400 lines of our own can. A binary log: four times smaller and 25 times
// faster to read, but KMS allows a few calls a second and nobody can read it at 3 a.m. xxHash:
// wins only on large blocks. Checksums per batch: a torn batch would lose its good records.

namespace keyferry::engine {

inline constexpr std::string_view kJournalFormat = "keyferry-journal";
inline constexpr int kJournalVersion = 1;
inline constexpr int kJournalMinReader = 1;

inline constexpr std::size_t kJournalLineBytesMax = 4096;  ///< with the newline
/// A batch has no more records, and is not larger but for its last one.
inline constexpr std::size_t kJournalBatchRecordsMax = 1024;
inline constexpr std::size_t kJournalBatchBytesMax = 512U << 10U;
inline constexpr std::size_t kJournalSealBytes = 16;  ///< ,"c":"1f2e3d4c"}
/// Longer texts from KMS and the system are cut; sizes count escapes as written.
inline constexpr std::size_t kJournalMessageBytesMax = 2048;
inline constexpr std::size_t kJournalNameBytesMax = 128;
inline constexpr std::size_t kJournalDigestBytesMax = 64;
/// A clock that is further off (31 years) is written as this.
inline constexpr std::chrono::milliseconds kJournalClockAheadMax{1'000'000'000'000};
/// Jobs of one plan. A reader takes three bytes for each before it has seen one.
inline constexpr std::uint64_t kJournalJobsMax = 100'000'000;
/// Regions and accounts that the header names; there are some 40 Regions. Further ones are left
/// out, and reports then lack what is pending in them.
inline constexpr std::size_t kJournalHeaderRegionsMax = 64;
inline constexpr std::size_t kJournalHeaderAccountsMax = 32;

/// Where the next record goes: what recovery found at the end of the good part of a file, or the
/// start of an empty one.
struct JournalTail {
    std::uint64_t next_sequence = 0;
    std::uint32_t previous_crc = 0;
    friend bool operator==(const JournalTail&, const JournalTail&) = default;
};

/// What record 0 says: which plan the journal belongs to.
struct JournalHeader {
    JournalHeader() = default;

    int version = kJournalVersion;
    int min_reader = kJournalMinReader;
    std::string plan_sha256;
    std::uint64_t jobs = 0;
    std::vector<std::pair<std::string, std::uint64_t>> regions;  ///< replica Region -> its jobs
    std::vector<std::string> accounts;  ///< the first kJournalHeaderAccountsMax
    std::uint64_t accounts_total = 0;
    std::string partition;
    std::string fleet;
    std::string tool;        ///< "keyferry 0.1.0"
    bool simulated = false;  ///< made against the simulator: says nothing about real keys

    friend bool operator==(const JournalHeader&, const JournalHeader&) = default;
};

/// What a `run` record says: which process goes on from here.
struct JournalRun {
    JournalRun() = default;

    std::int64_t pid = 0;
    std::string host;
    std::string boot_id;           ///< tells a pid of before a reboot from one of now
    std::string version;           ///< "keyferry 0.1.0"
    std::string caller;            ///< ARN of the identity that calls KMS; may be empty
    std::uint64_t torn_bytes = 0;  ///< unsynced bytes of the run before, cut off at the start

    friend bool operator==(const JournalRun&, const JournalRun&) = default;
};

/// What a `rewritten` record says: the file was not written by runs from the start on, but made
/// from another one. It stands behind the header, and those of earlier rewrites behind it.
struct JournalRewrite {
    enum class How : std::uint8_t {
        compacted,  ///< done jobs have one record each
        salvaged,   ///< what was damaged is left out
        replanned,  ///< made to fit a changed plan
    };

    How how = How::compacted;
    std::uint64_t records_before = 0;  ///< good ones in the file before
    std::uint64_t records_lost = 0;    ///< those that are known to be missing
    std::uint64_t jobs_carried = 0;    ///< that have records here
    std::uint64_t jobs_dropped = 0;    ///< that have records in the file before only
    std::uint64_t jobs_not_begun = 0;  ///< of this plan without any record
    std::string plan_sha256_before;    ///< where it was another

    friend bool operator==(const JournalRewrite&, const JournalRewrite&) = default;
};

/// "compacted", "salvaged", "replanned".
[[nodiscard]] std::string_view name_of(JournalRewrite::How how) noexcept;

/// What a `lost` record says. Whatever jobs are not done at its place may have been sent by a
/// record that is gone: a rerun looks before it sends. It has no "opt": a reader that would skip it
/// must not go on.
struct JournalLoss {
    std::uint64_t bytes = 0;    ///< that were left out, in all places together
    std::uint64_t records = 0;  ///< missing numbers; 0 where only the end is gone: not known

    friend bool operator==(const JournalLoss&, const JournalLoss&) = default;
};

/// Turns entries into records, each behind the one before. Values in, bytes out: it writes no
/// file. One encoder serves one journal from one JournalTail on.
class JournalEncoder {
  public:
    explicit JournalEncoder(JournalTail tail) noexcept : tail_(tail), batch_first_(0) {
        begin_batch();
    }

    /// The next record is the first of a batch: everything before it is in batches of its own.
    void begin_batch() noexcept { batch_first_ = tail_.next_sequence; }

    // Each appends one line to `out`. `time` is the wall clock's.
    void append(std::string& out, io::WallTime time, const JournalHeader& header);
    void append(std::string& out, io::WallTime time, const JournalRun& run);
    /// `entry.event` is one of the events about jobs.
    void append(std::string& out, io::WallTime time, const JobEntry& entry);
    /// `how`: "finished", "refused", "stopped".
    void append_end(std::string& out, io::WallTime time, std::string_view how);
    void append(std::string& out, io::WallTime time, const JournalRewrite& rewrite);
    void append(std::string& out, io::WallTime time, const JournalLoss& loss);
    /// Copies a record of another journal under the next number. `text` is JournalRecord::text,
    /// changed or not. False, and nothing is appended, when the line would be too long, which no
    /// record of an encoder is.
    bool append_copy(std::string& out, std::string_view text);

    /// Where the next record goes.
    [[nodiscard]] JournalTail tail() const noexcept { return tail_; }

  private:
    void begin_frame();
    void begin_line(io::WallTime time, JournalEvent event);
    void end_line(std::string& out);
    void put(std::string_view text);
    void put_number(std::uint64_t value);
    void put_text(std::string_view name, std::string_view text, std::size_t bytes_max);
    void put_optional_text(std::string_view name, std::string_view text, std::size_t bytes_max);
    void put_count(std::string_view name, std::uint64_t value);
    void put_clock_ahead(std::chrono::milliseconds ahead);
    void put_key(const io::KeyArn& key);
    void put_creation_date(double epoch_s);

    JournalTail tail_;
    std::uint64_t batch_first_;
    // The line being made. A member rather than a local: hardened builds clear locals.
    std::array<char, kJournalLineBytesMax> line_{};
    char* at_ = nullptr;
    // The partition of the last primary's Region: looking it up costs more than the rest of a line.
    std::string partition_of_region_;
    std::string_view partition_;
};

}  // namespace keyferry::engine
