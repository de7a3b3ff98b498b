// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace keyferry::engine {

/// One job of a journal, as described by the record that determines its phase. The texts are
/// unescaped.
struct JournalJobRow {
    planner::JobIndex job = 0;
    std::string key;  ///< ARN of the primary, or of the replica in the journal of a sync
    std::string region;
    JobPhase phase = JobPhase::sent;
    std::optional<Attribution> attribution;  ///< only for a done job
    std::string key_state;
    int attempts = 0;  ///< number of `sent` records; 0 for done jobs in a compacted journal
    std::optional<io::WallTime> first_sent;
    io::WallTime last_record{};
    std::optional<double> creation_date_s;  ///< the replica's creation date in epoch seconds
    std::string code;
    std::string message;
    std::string request_id;
    io::KmsApi action = io::KmsApi::replicate_key;
};

/// Receives the exported records and jobs. An exception from any of its functions ends the export.
class JournalExportSink {
  public:
    JournalExportSink() = default;
    JournalExportSink(const JournalExportSink&) = delete;
    JournalExportSink& operator=(const JournalExportSink&) = delete;
    virtual ~JournalExportSink() = default;

    /// Called once, before the other functions, and only if the journal is valid from start to end.
    virtual void begin() = 0;
    /// Called for every record, in order. Its texts are valid only during the call.
    virtual void record(const JournalRecord& record) = 0;
    /// Called once for every job with records, in the order of the records that determine the jobs'
    /// phases.
    virtual void job(const JournalJobRow& row) = 0;
};

struct ExportedJournal {
    std::uint64_t records = 0;
    std::uint64_t jobs = 0;                  ///< number of jobs in the plan
    std::uint64_t rows = 0;                  ///< number of jobs with records
    std::uint64_t jobs_without_records = 0;  ///< number of jobs that are not in the journal and
                                             ///< therefore not exported
    JournalReplay replay;
};

/// Reads the journal in `from` twice and passes its content to `sink`. Uses about 25 bytes of
/// memory per job in the plan, regardless of the file size. Another process may be writing to the
/// journal; records added after the first pass are left out. `name` is used in the text of
/// problems.
[[nodiscard]] JournalResult<ExportedJournal> export_journal(io::AppendFile& from,
                                                            JournalExportSink& sink,
                                                            const std::string& name);

}  // namespace keyferry::engine
