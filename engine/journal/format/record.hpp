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

// The journal format, version 2, is described in FORMAT.md.

namespace keyferry::engine {

inline constexpr std::string_view kJournalFormat = "keyferry-journal";
inline constexpr int kJournalVersion = 2;
inline constexpr int kJournalMinReader = 2;

inline constexpr std::size_t kJournalLineBytesMax = 4096;  ///< including the newline
/// The limits of a batch. Only the last record of a batch may exceed the byte limit.
inline constexpr std::size_t kJournalBatchRecordsMax = 1024;
inline constexpr std::size_t kJournalBatchBytesMax = 512U << 10U;
/// The size of the end of every line: ,"c":"1f2e3d4c"}
inline constexpr std::size_t kJournalSealBytes = 16;
/// Longer texts from KMS and the system are truncated. The limits apply to the escaped text.
inline constexpr std::size_t kJournalMessageBytesMax = 2048;
inline constexpr std::size_t kJournalNameBytesMax = 128;
inline constexpr std::size_t kJournalDigestBytesMax = 64;
/// Larger clock differences (31 years) are written as this value.
inline constexpr std::chrono::milliseconds kJournalClockAheadMax{1'000'000'000'000};
/// Maximum number of jobs in a plan. Reading a journal allocates three bytes per job in advance.
inline constexpr std::uint64_t kJournalJobsMax = 100'000'000;
/// Maximum number of Regions and accounts listed in the header; AWS has about 40 Regions. Any
/// others are omitted, and reports then do not show the pending jobs in the omitted Regions.
inline constexpr std::size_t kJournalHeaderRegionsMax = 64;
inline constexpr std::size_t kJournalHeaderAccountsMax = 32;
/// The limits of an `access` record. Longer ARNs are not recorded.
inline constexpr std::size_t kJournalCallersMax = 20;
inline constexpr std::size_t kJournalOriginBytesMax = 256;
/// The limits of an `end` record. If there are more counts, the smallest are combined.
inline constexpr std::size_t kJournalThrottlesMax = 48;
inline constexpr std::uint64_t kJournalThrottledCallsMax = 9'999'999'999;
inline constexpr std::size_t kJournalEndMessageBytesMax = 512;
inline constexpr std::size_t kJournalFilterBytesMax = 512;
/// Maximum size of `text` in a `before` record. Longer values take several records.
inline constexpr std::size_t kJournalValueBytesMax = 3072;
/// Maximum number of parts per value. Even the longest value, which consists of two key policies
/// that are escaped twice, needs fewer parts.
inline constexpr std::uint64_t kJournalPartsMax = 1000;

/// The position of the next record: the end of the valid part of the file, as determined by
/// recovery, or the start of an empty file.
struct JournalTail {
    std::uint64_t next_sequence = 0;
    std::uint32_t previous_crc = 0;
    friend bool operator==(const JournalTail&, const JournalTail&) = default;
};

/// How the runs of a journal call KMS; unknown values are omitted. This is the content of an
/// `access` record, which version 1 journals do not have.
struct JournalAccess {
    enum class Endpoint : std::uint8_t {
        unknown,
        aws,     ///< AWS's own endpoints
        custom,  ///< an endpoint URL; replicas that exist there might not exist in AWS
    };
    struct Caller {
        std::string account;  ///< the account of the keys
        std::string arn;      ///< principal_of() the caller's ARN; empty if unknown
        friend bool operator==(const Caller&, const Caller&) = default;
    };

    JournalAccess() = default;

    Endpoint endpoint = Endpoint::unknown;
    std::string origin;           ///< the origin of a custom endpoint: "http://localhost:4566"
    std::vector<Caller> callers;  ///< by account; the first kJournalCallersMax are recorded

    [[nodiscard]] bool is_known() const noexcept {
        return endpoint != Endpoint::unknown || !callers.empty();
    }
    friend bool operator==(const JournalAccess&, const JournalAccess&) = default;
};

/// "unknown", "aws", "custom".
[[nodiscard]] std::string_view name_of(JournalAccess::Endpoint endpoint) noexcept;

/// The kind of command that a journal belongs to: the header's `verb`.
enum class JournalVerb : std::uint8_t {
    run,   ///< creates replicas; has no `verb`
    sync,  ///< changes existing replicas to match a spec
    undo,  ///< restores values that were changed by syncs
};

/// "run", "sync", "undo".
[[nodiscard]] std::string_view name_of(JournalVerb verb) noexcept;

/// The content of record 0, which binds the journal to a plan.
struct JournalHeader {
    JournalHeader() = default;

    int version = kJournalVersion;
    int min_reader = kJournalMinReader;
    std::string plan_sha256;  ///< for a sync, the SHA-256 of its list of changes
    std::uint64_t jobs = 0;
    std::vector<std::pair<std::string, std::uint64_t>> regions;  ///< jobs per replica Region
    std::vector<std::string> accounts;  ///< the first kJournalHeaderAccountsMax
    std::uint64_t accounts_total = 0;
    std::string partition;
    std::string fleet;
    std::string tool;        ///< "keyferry 0.1.0"
    bool simulated = false;  ///< written by a run against the simulator, not for real keys
    JournalVerb verb = JournalVerb::run;
    JournalAccess access;  ///< written as a separate record

    friend bool operator==(const JournalHeader&, const JournalHeader&) = default;
};

/// The content of a `run` record: the process that writes the records after it.
struct JournalRun {
    JournalRun() = default;

    std::int64_t pid = 0;
    std::string host;
    std::string boot_id;           ///< shows whether the machine has been rebooted since
    std::string version;           ///< "keyferry 0.1.0"
    std::string caller;            ///< ARN of the identity that calls KMS; may be empty
    std::uint64_t torn_bytes = 0;  ///< unsynced bytes of the previous run, truncated at startup
    /// The filter options of a command that works on a part of the fleet: "--region 'eu-*'". Empty
    /// for the whole fleet.
    std::string filter;

    friend bool operator==(const JournalRun&, const JournalRun&) = default;
};

/// The content of a `rewritten` record: this file was not written only by runs, but created from
/// another journal. The record follows the header and precedes the records of earlier rewrites.
struct JournalRewrite {
    enum class How : std::uint8_t {
        compacted,  ///< done jobs have one record each
        salvaged,   ///< damaged records are left out
        replanned,  ///< converted for a changed plan
    };

    How how = How::compacted;
    std::uint64_t records_before = 0;  ///< valid records in the previous file
    std::uint64_t records_lost = 0;    ///< records known to be missing
    std::uint64_t jobs_carried = 0;    ///< jobs with records in this file
    std::uint64_t jobs_dropped = 0;    ///< jobs with records only in the previous file
    std::uint64_t jobs_not_begun = 0;  ///< jobs of this plan without records
    std::string plan_sha256_before;    ///< only set if the plan changed

    friend bool operator==(const JournalRewrite&, const JournalRewrite&) = default;
};

/// "compacted", "salvaged", "replanned".
[[nodiscard]] std::string_view name_of(JournalRewrite::How how) noexcept;

/// The content of a `lost` record. Records are missing before it. The request of any job that is
/// not done at this point may therefore have been sent, so a rerun checks with KMS before it sends
/// the request. The record is not marked as optional ("opt"), since a program that skipped it might
/// resend requests without checking.
struct JournalLoss {
    std::uint64_t bytes = 0;  ///< total number of bytes left out
    /// count of missing record numbers; 0 if records are missing only at the end, where the count
    /// is unknown
    std::uint64_t records = 0;

    friend bool operator==(const JournalLoss&, const JournalLoss&) = default;
};

/// Encodes entries as records, each chained to the previous one, starting at a JournalTail. Each
/// journal needs its own encoder. Does no I/O.
class JournalEncoder {
  public:
    explicit JournalEncoder(JournalTail tail) noexcept : tail_(tail), batch_first_(0) {
        begin_batch();
    }

    /// Starts a new batch with the next record.
    void begin_batch() noexcept { batch_first_ = tail_.next_sequence; }

    // Each function appends one line to `out`. `time` is wall-clock time.
    // The header's `access` is written as a separate record.
    void append(std::string& out, io::WallTime time, const JournalHeader& header);
    void append(std::string& out, io::WallTime time, const JournalAccess& access);
    void append(std::string& out, io::WallTime time, const JournalRun& run);
    /// `entry.event` must be a job event.
    void append(std::string& out, io::WallTime time, const JobEntry& entry);
    void append(std::string& out, io::WallTime time, const BeforeEntry& entry);
    void append(std::string& out, io::WallTime time, const RunEndEntry& end);
    void append_end(std::string& out, io::WallTime time, std::string_view how) {
        append(out, time, RunEndEntry(how));
    }
    void append(std::string& out, io::WallTime time, const JournalRewrite& rewrite);
    void append(std::string& out, io::WallTime time, const JournalLoss& loss);
    /// Copies a record of another journal under the next number. `text` is JournalRecord::text,
    /// possibly modified. Returns false and appends nothing if the line would be too long, which
    /// cannot happen with records written by an encoder.
    bool append_copy(std::string& out, std::string_view text);

    /// The position of the next record.
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
    void put_time(std::string_view name, io::WallTime time);
    void put_throttles(const std::vector<ThrottleCount>& throttles);

    JournalTail tail_;
    std::uint64_t batch_first_;
    // A member rather than a local variable, because hardened builds zero local variables on each
    // call.
    std::array<char, kJournalLineBytesMax> line_{};
    char* at_ = nullptr;
    // The partition of the last primary's Region. It is cached, since looking it up costs more than
    // writing the rest of a line.
    std::string partition_of_region_;
    std::string_view partition_;
};

}  // namespace keyferry::engine
