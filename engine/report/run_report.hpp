// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// Where the jobs of a plan, or of one Region of it, stand. The members add up to `jobs`.
struct OutcomeCounts {
    std::uint64_t jobs = 0;
    std::uint64_t created = 0;
    std::uint64_t created_reconciled =
        0;  ///< the answer was lost; a look showed that it had worked
    /// Were there before; or were made by a record that is lost, see RunReport::loss.
    std::uint64_t existed = 0;
    std::uint64_t failed = 0;
    std::uint64_t conflict = 0;
    std::uint64_t unknown = 0;
    std::uint64_t deferred = 0;
    std::uint64_t creating = 0;   ///< accepted by KMS, not yet seen usable
    std::uint64_t in_doubt = 0;   ///< sent, no answer on record (while a process runs: in flight)
    std::uint64_t untouched = 0;  ///< never begun

    [[nodiscard]] std::uint64_t done() const noexcept {
        return created + created_reconciled + existed;
    }
    /// What a rerun would go on with.
    [[nodiscard]] std::uint64_t left() const noexcept {
        return unknown + deferred + creating + in_doubt + untouched;
    }
    [[nodiscard]] std::uint64_t sum() const noexcept { return done() + failed + conflict + left(); }
};

struct RegionOutcome {
    std::string region;
    /// False for a Region that the journal's header does not list: `jobs` is then only what has
    /// been begun.
    bool planned_is_known = true;
    OutcomeCounts counts;
};

/// Jobs that are stuck for the same reason, and what to do about it.
struct StuckReport {
    JobPhase phase = JobPhase::failed;
    std::string code;
    std::uint64_t jobs = 0;
    std::vector<std::pair<std::string, std::uint64_t>> jobs_by_region;  ///< only those with jobs
    std::string advice;
    std::vector<StuckExample> examples;
};

/// What a journal has to say about its plan. Made from the journal alone, never from a run's
/// memory, so it is the same for a run that is live, done or dead.
struct RunReport {
    std::string fleet;
    std::string plan_sha256;
    bool simulated = false;
    bool live = false;   ///< a process is working on the journal now
    bool ended = false;  ///< the last run said that it was over; else, if not live, it was killed
    OutcomeCounts counts;
    std::vector<RegionOutcome> regions;  ///< sorted by name
    std::vector<StuckReport> stuck;      ///< by phase, then the most jobs first
    std::vector<ReplayedRun> runs;       ///< oldest first, at most kReplayedRunsMax
    std::uint64_t runs_total = 0;
    double active_s = 0;                   ///< time in which a process worked, all runs together
    std::vector<JournalRewrite> rewrites;  ///< what the journal has been through, oldest first
    /// What is missing in it since it was salvaged. Replicas that a missing record had asked for
    /// count as `existed`.
    JournalLoss loss;
};

/// `live`: whether a process holds the journal now.
[[nodiscard]] RunReport make_run_report(const JournalReplay& replay, bool live);

/// What the counts come to, in this order of urgency: something is left that a rerun goes on with,
/// something failed, all is done.
enum class RunVerdict : std::uint8_t { work_left, some_failed, all_done };
[[nodiscard]] RunVerdict verdict_on(const OutcomeCounts& counts) noexcept;

/// For people: at most 100 columns but for key ARNs, ends with a line feed. Text from outside has
/// its control characters taken out.
[[nodiscard]] std::string run_report_text(const RunReport& report);

/// For programs, one JSON object; members may be added, none will change its meaning:
///
///     format          "keyferry-run-report-1"
///     fleet, plan_sha256, simulated
///     live, ended     a process works on it now; the last one said it was over
///     verdict         "all done", "some failed", "work left"
///     counts          {jobs, created, created_reconciled, existed, failed, conflict, unknown,
///                     deferred, creating, in_doubt, untouched}; they add up to jobs
///     regions         [{region, jobs, ... as counts}], sorted
///     stuck           [{outcome, code, jobs, regions: {name: jobs}, advice,
///                     examples: [{job, primary, region, message, request_id}]}]
///     runs_total, seconds_active
///     runs            [{started, last_record, end, pid, host, version, caller, torn_bytes}]; end
///                     is "" for a run that was killed or is still going
///     rewrites        [{how, records_before, records_lost, jobs_carried, jobs_dropped,
///                     jobs_not_begun, plan_sha256_before}]: compacted, replanned, salvaged
///     lost_records, lost_bytes    what a salvaged journal lacks; 0 for all others. Where they are
///                     not, replicas that these runs made may be among the existed
[[nodiscard]] std::string run_report_json(const RunReport& report);

}  // namespace keyferry::engine
