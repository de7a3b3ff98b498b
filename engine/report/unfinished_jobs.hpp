// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"
#include "engine/report/run_report.hpp"
#include "planner/report/report_document.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::engine {

/// The jobs of a journal that have started and are not done: failed, in conflict, blocked,
/// unusable, deferred, unknown, or still open.
struct UnfinishedJobs {
    RunReport report;                 ///< of the same records
    std::vector<JournalJobRow> jobs;  ///< by phase, code, key and Region
    /// Jobs without records: the journal does not contain their keys.
    std::uint64_t not_started = 0;
};

/// Reads the journal at `path` without locking it, as view_journal() does.
[[nodiscard]] JournalResult<UnfinishedJobs> read_unfinished_jobs(const std::string& path);

/// Returns the error code of the job, or the state of an unusable replica, which is the reason.
[[nodiscard]] const std::string& code_of(const JournalJobRow& row);

/// Returns what to do about the job.
[[nodiscard]] std::string_view advice_on(const JournalJobRow& row, JournalVerb verb);

/// All jobs by code and message, each message once, with the keys and Regions.
[[nodiscard]] planner::ReportDocument unfinished_jobs_document(const UnfinishedJobs& unfinished);

/// One JSON object, with a line feed at the end. New members may be added:
///
///     format          "keyferry-unfinished-jobs-1"
///     fleet, plan_sha256, simulated, last_record, host, endpoint, filter, verb, live
///                     as in the report of the run
///     not_started     number of jobs without records, which are not in `jobs`
///     jobs            [{job, primary, region, outcome, code, message, request_id, attempts,
///                     last_record, advice}]; `outcome` is also "sent" or "accepted" for a job that
///                     is open. For a sync or an undo, `primary` is the ARN of the replica, and
///                     `action` is the operation
[[nodiscard]] std::string unfinished_jobs_json(const UnfinishedJobs& unfinished);

/// The keys of the jobs as a key list (planner/spec/key_lines.hpp): the ARN of each key once.
[[nodiscard]] std::string unfinished_keys(const UnfinishedJobs& unfinished);

}  // namespace keyferry::engine
