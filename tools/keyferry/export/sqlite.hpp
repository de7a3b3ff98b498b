// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"

#include <memory>
#include <string>

namespace keyferry::cli {

/// Writes a journal to an SQLite database, for queries:
///
///     journal  one row: plan_sha256, fleet, partition, accounts, jobs, jobs_without_records,
///              simulated, tool, lost_records and lost_bytes (of a salvaged journal), verb
///     jobs     one row per job with records: job, primary_arn, region, outcome, attribution,
///              key_state, attempts, first_sent, last_record, replica_created, code, message,
///              request_id, action
///     runs     run, first_record, started, ended, how, pid, host, boot_id, version, caller,
///              torn_bytes; ended and how are null for a killed or active run
///     records  n, t, ev, job, attempt, digest, kms_clock_ahead_ms, attribution, key_state,
///              replica_created, code, message, request_id
///
/// Times are text in the same format as in the journal, which SQLite's date functions accept.
/// replica_created is in epoch seconds. Unknown values are null. Indexes: jobs by outcome and code,
/// jobs by Region, records by job.
class JournalSqlite final : public engine::JournalExportSink {
  public:
    /// `path` must be an empty file and not a symbolic link. On errors, all functions throw
    /// std::runtime_error with SQLite's message.
    explicit JournalSqlite(const std::string& path);
    ~JournalSqlite() override;

    void begin() override {}
    void record(const engine::JournalRecord& record) override;
    void job(const engine::JournalJobRow& row) override;
    /// Adds the journal row and the indexes. Call this after the last record and job. Does not sync
    /// the file.
    void finish(const engine::ExportedJournal& exported);

  private:
    struct Database;
    std::unique_ptr<Database> database_;
};

}  // namespace keyferry::cli
