// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"

#include <memory>
#include <string>

namespace keyferry::cli {

/// Writes a journal into an SQLite database, for questions that grep is not made for:
///
///     journal  one row: plan_sha256, fleet, partition, accounts, jobs, jobs_without_records,
///              simulated, tool, lost_records, lost_bytes (of a salvaged journal)
///     jobs     a row for each job that has records: job, primary_arn, region, outcome,
///     attribution,
///              key_state, attempts, first_sent, last_record, replica_created, code, message,
///              request_id
///     runs     run, first_record, started, ended, how, pid, host, boot_id, version, caller,
///              torn_bytes; ended and how are null for a run that was killed or is going on
///     records  n, t, ev, job, attempt, digest, kms_clock_ahead_ms, attribution, key_state,
///              replica_created, code, message, request_id
///
/// Times are texts as in the journal, which SQLite's date functions read; replica_created is epoch
/// seconds. What is not known is null. Indexes: jobs by outcome and code, and by Region; records by
/// job.
class JournalSqlite final : public engine::JournalExportSink {
  public:
    /// `path` is an empty file, and no link. Throws std::runtime_error, here and later, with
    /// SQLite's words.
    explicit JournalSqlite(const std::string& path);
    ~JournalSqlite() override;

    void begin() override {}
    void record(const engine::JournalRecord& record) override;
    void job(const engine::JournalJobRow& row) override;
    /// After the last record and job: the row about the journal, the indexes. Nothing is synced.
    void finish(const engine::ExportedJournal& exported);

  private:
    struct Database;
    std::unique_ptr<Database> database_;
};

}  // namespace keyferry::cli
