// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace keyferry::engine {

/// One job of a journal, as the record that decides its phase tells. Texts are unescaped.
struct JournalJobRow {
    planner::JobIndex job = 0;
    std::string key;  ///< ARN of the primary
    std::string region;
    JobPhase phase = JobPhase::sent;
    std::optional<Attribution> attribution;  ///< of a done one
    std::string key_state;
    int attempts = 0;  ///< `sent` records that are left; a compacted journal has none of done jobs
    std::optional<io::WallTime> first_sent;
    io::WallTime last_record{};
    std::optional<double> creation_date_s;  ///< the replica's, epoch seconds
    std::string code;
    std::string message;
    std::string request_id;
};

/// Takes what is exported, piece by piece. May throw; that ends the export.
class JournalExportSink {
  public:
    JournalExportSink() = default;
    JournalExportSink(const JournalExportSink&) = delete;
    JournalExportSink& operator=(const JournalExportSink&) = delete;
    virtual ~JournalExportSink() = default;

    /// Once, before all else, and only for a journal that was found good from start to end.
    virtual void begin() = 0;
    /// Every record, in order. Its texts are valid during the call only.
    virtual void record(const JournalRecord& record) = 0;
    /// Every job that has records, each once, in the order of the records that decide.
    virtual void job(const JournalJobRow& row) = 0;
};

struct ExportedJournal {
    std::uint64_t records = 0;
    std::uint64_t jobs = 0;                  ///< of the plan
    std::uint64_t rows = 0;                  ///< jobs with records
    std::uint64_t jobs_without_records = 0;  ///< not named in the journal, so not exported
    JournalReplay replay;
};

/// Reads the journal in `from` twice and gives `sink` what is in it. Some 25 bytes of memory a job
/// of the plan, whatever the size of the file. A process may be writing to it: what comes after the
/// first reading is left out. `name` stands in problems.
[[nodiscard]] JournalResult<ExportedJournal> export_journal(io::AppendFile& from,
                                                            JournalExportSink& sink,
                                                            const std::string& name);

}  // namespace keyferry::engine
