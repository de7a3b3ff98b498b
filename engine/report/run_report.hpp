// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

struct RegionOutcome {
    std::string region;
    /// False if the journal's header does not list the Region. In that case, `counts` includes only
    /// jobs that have been started.
    bool planned_is_known = true;
    JobCounts counts;
};

/// Jobs that are stuck for the same reason, with advice.
struct StuckReport {
    JobPhase phase = JobPhase::failed;
    std::string code;
    /// Their message, with placeholders for what differs from job to job; see StuckGroup::message.
    std::string message;
    std::uint64_t jobs = 0;
    /// only Regions with such jobs
    std::vector<std::pair<std::string, std::uint64_t>> jobs_by_region;
    std::string advice;
    std::vector<StuckExample> examples;
};

/// The state of a plan according to its journal. Except for `unchecked`, the report is derived only
/// from the journal, never from the memory of a running process, so it is the same whether the run
/// is active, has finished or was killed.
struct RunReport {
    std::string fleet;
    std::string plan_sha256;
    bool simulated = false;
    io::WallTime last_record{};  ///< the time of the last record of the journal
    std::string host;            ///< the host on which the last run was started
    std::string filter;          ///< of the last run, see JournalRun; empty for the whole fleet
    JournalVerb verb = JournalVerb::run;  ///< if it is not a run, the jobs are changes to replicas
    bool live = false;                    ///< a process is using the journal now
    /// Whether the last run ended properly. If `ended` and `live` are both false, the run was
    /// killed.
    bool ended = false;
    JobCounts counts;                    ///< counts of all jobs of the plan
    std::vector<RegionOutcome> regions;  ///< sorted by name
    /// By phase, then by code and message, those of the most jobs first.
    std::vector<StuckReport> stuck;
    std::vector<StuckReport> pending;  ///< open jobs by last reason; without advice
    JournalAccess access;
    std::vector<ReplayedRun> runs;  ///< oldest first, at most kReplayedRunsMax
    std::uint64_t runs_total = 0;
    double active_s = 0;                   ///< total time during which a process was running
    std::vector<JournalRewrite> rewrites;  ///< how the journal was rewritten, oldest first
    /// Done jobs whose replicas the run could not check. Only the run itself knows the number, so
    /// it is not set in the report of a journal.
    std::optional<std::uint64_t> unchecked;
    /// The records that are missing from a salvaged journal. A replica counts as `existed` if the
    /// record of the request that created it is missing.
    JournalLoss loss;
};

/// `live` is whether a process is currently using the journal.
[[nodiscard]] RunReport make_run_report(const JournalReplay& replay, bool live);

/// The overall result; the most urgent comes first.
enum class RunVerdict : std::uint8_t {
    work_left,    ///< a rerun can finish jobs without user action
    some_failed,  ///< jobs have failed, or replicas need action before they can be used
    all_done,
};
[[nodiscard]] RunVerdict verdict_on(const JobCounts& counts) noexcept;
/// The same, with work left if replicas that count as done could not be checked.
[[nodiscard]] RunVerdict verdict_on(const RunReport& report) noexcept;

/// The report as one JSON object. Later versions may add members; existing members keep their
/// meaning:
///
///     format          "keyferry-run-report-1"
///     fleet, plan_sha256, simulated
///     last_record, host    when and on which host the journal was written last
///     endpoint        "aws", "simulated", "unknown", or the origin of the endpoint URL
///     filter          the filter options of the last run; "" if it was of the whole fleet
///     verb            "run", "sync" or "undo"
///     live, ended     a process is using the journal; the last run ended properly
///     verdict         "all done", "some failed", "work left"
///     counts          {jobs, created, created_reconciled, existed, failed, conflict, unknown,
///                     deferred, creating, in_doubt, not_started, unusable, blocked}; they add up
///                     to jobs. For a sync or an undo, the jobs are changes, and counts is
///                     {jobs, made, failed, alias_taken, unknown, deferred, in_doubt, not_started}
///     regions         [{region, jobs, ... as in counts}], sorted
///     stuck           [{outcome, code, message, jobs, regions: {name: jobs}, advice,
///                     examples: [{job, primary, region, message, request_id, time}]}], one for
///                     each outcome, code and message. In `message`, placeholders such as <ARN>
///                     stand for what differs from job to job
///     runs_total, seconds_active
///     pending         jobs that were open when a run ended, grouped by the last reason; the same
///                     form as stuck, but advice is ""
///     runs            [{started, last_record, end, pid, host, version, caller, torn_bytes,
///                     end_code, end_message, end_reason_time, throttles: {operation: {Region:
///                     calls}}, throttles_other}]; end is "" for a run that was killed or is still
///                     running; end_code, end_message and end_reason_time give the reason why a
///                     run ended early; they are "" if there is no common reason
///     access          {endpoint, origin, callers: {account: ARN}}: how the runs call KMS;
///                     endpoint is "aws", "custom" or "unknown"
///     rewrites        [{how, records_before, records_lost, jobs_carried, jobs_dropped,
///                     jobs_not_begun, plan_sha256_before}]; how is "compacted", "replanned" or
///                     "salvaged"
///     unchecked       only in the report of `keyferry run`: number of replicas that earlier runs
///                     recorded as done and that this run could not check
///     lost_records, lost_bytes    missing from a salvaged journal; 0 for all other journals. If
///                     they are not 0, `existed` may include replicas that these runs created
[[nodiscard]] std::string run_report_json(const RunReport& report);

/// Where the runs called KMS: "aws", "simulated", "unknown", or the origin of an endpoint URL.
[[nodiscard]] std::string endpoint_of(const RunReport& report);

}  // namespace keyferry::engine
