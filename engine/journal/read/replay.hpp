// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/journal/format/parse.hpp"
#include "engine/journal/read/message_pattern.hpp"
#include "engine/journal/read/open_jobs.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// One job of a StuckGroup with KMS's error details. The texts are from the records, unescaped.
struct StuckExample {
    planner::JobIndex job = 0;
    std::string key;
    std::string region;
    std::string message;
    std::string request_id;
    /// when KMS returned the reason, or the time of the record if that is unknown
    io::WallTime time{};
};

/// All jobs in the same phase (failed, conflict, unknown, deferred, unusable, blocked) for the same
/// reason: their codes are equal, and their messages have the same form.
struct StuckGroup {
    JobPhase phase = JobPhase::failed;
    /// The KMS error code, or the key state if the phase is unusable; empty if the record has none.
    std::string code;
    /// The messages of the jobs. Empty if there are none, or if there are so many different ones
    /// that they are not told apart.
    MessagePattern message;
    std::uint64_t jobs = 0;
    std::vector<std::uint64_t> jobs_by_region;  ///< index as in JournalReplay::regions
    /// up to kStuckExamplesMax jobs that are still in the group
    std::vector<StuckExample> examples;
};
inline constexpr std::size_t kStuckExamplesMax = 5;

/// One process that wrote to the journal.
struct ReplayedRun {
    JournalRun process;
    io::WallTime started{};
    io::WallTime last_record{};  ///< the time of its `end` record, or of the last record that it
                                 ///< wrote
    std::string end;  ///< "finished", "refused" or "stopped"; empty if it was killed or is still
                      ///< running
    /// Why jobs were still open when it ended, if they have a common reason; see RunEndEntry.
    std::string end_code;
    std::string end_message;
    std::optional<io::WallTime> end_reason_time;
    std::vector<ThrottleCount> throttles;  ///< by operation and Region
    std::uint64_t throttles_other = 0;     ///< throttles of operations and Regions that are not in
                                           ///< `throttles`
};
/// Maximum number of runs that are kept individually.
inline constexpr std::size_t kReplayedRunsMax = 100;

/// The state computed from a journal's records. Runs resume from it, and reports are created from
/// it. The same records always result in the same state, and applying a job's last record twice
/// changes nothing.
///
/// Uses three bytes per job and 33 more per open job (OpenJobs), so ten million done jobs need 30
/// MB.
class JournalReplay {
  public:
    struct Region {
        std::string name;
        std::uint64_t planned = 0;  ///< number of jobs according to the header; 0 if the header
                                    ///< does not list the Region
        JobCounts counts;           ///< without `not_started`
    };

    /// Applies the next record. Returns an empty string, or the reason why the record is impossible
    /// (its job is not in the plan, or an earlier record has a different Region for the job). If a
    /// reason is returned, the state must not be used.
    std::string apply(const JournalRecord& record);

    [[nodiscard]] const JournalHeader& header() const noexcept { return header_; }
    [[nodiscard]] JobPhase phase(planner::JobIndex job) const { return phases_.at(job); }
    /// One entry for each job of the plan.
    [[nodiscard]] const std::vector<JobPhase>& phases() const noexcept { return phases_; }
    /// The attribution of a `done` job; Attribution::created if its record has none. Returns
    /// nullopt for other jobs.
    [[nodiscard]] std::optional<Attribution> attribution(planner::JobIndex job) const;
    /// The error code of a stuck job; empty for other jobs, or if there was no code.
    [[nodiscard]] std::string_view code(planner::JobIndex job) const;
    /// The name of the replica's Region; empty if the job has not started.
    [[nodiscard]] std::string_view region_of(planner::JobIndex job) const;
    /// The details of a `sent`, `accepted`, `unknown` or `unusable` job, or of a `deferred` job
    /// that KMS had accepted. If records are missing, also returns details for a `not_started` job,
    /// because its outcome is then unknown. Returns nullopt for all other jobs.
    [[nodiscard]] std::optional<OpenJob> open_job(planner::JobIndex job) const;
    [[nodiscard]] std::size_t open_jobs() const noexcept { return open_.size(); }

    [[nodiscard]] const JobCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const std::vector<Region>& regions() const noexcept { return regions_; }
    [[nodiscard]] const std::vector<StuckGroup>& stuck() const noexcept { return stuck_.groups; }
    /// Jobs that were still waiting without an outcome when a run ended, grouped by the reason in
    /// their last `pending` record. Their phase is `not_started`, `sent` or `accepted`.
    [[nodiscard]] const std::vector<StuckGroup>& pending() const noexcept {
        return pending_.groups;
    }

    /// The rewrites of the file, latest first; at most kReplayedRunsMax. Empty if the file was
    /// written only by runs.
    [[nodiscard]] const std::vector<JournalRewrite>& rewrites() const noexcept { return rewrites_; }
    /// The missing records; all zeros if there are none. If records are missing, jobs without any
    /// record may have been started.
    [[nodiscard]] const JournalLoss& loss() const noexcept { return loss_; }

    /// The runs, oldest first; only the last kReplayedRunsMax if there were more.
    [[nodiscard]] const std::vector<ReplayedRun>& runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t runs_total() const noexcept { return runs_total_; }
    /// The total time, over all runs, from the start of a run to its last record.
    [[nodiscard]] std::chrono::milliseconds active() const noexcept;
    [[nodiscard]] io::WallTime created() const noexcept { return created_; }
    [[nodiscard]] io::WallTime last_record() const noexcept { return last_record_; }
    /// Whether the last record is an `end` record, which means that the last run ended properly.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

  private:
    /// Why a job is stuck or pending.
    struct Reason {
        std::string code;          ///< as in the records
        std::string message_form;  ///< MessagePattern::form() of the unescaped message
    };
    /// Groups of jobs, with the indices of their reasons.
    struct Groups {
        std::vector<StuckGroup> groups;
        std::vector<std::uint8_t> reasons;
    };

    std::string apply_header(const JournalHeader& header, io::WallTime time);
    void apply_run(const JournalRun& run, io::WallTime time);
    [[nodiscard]] std::string apply_before(const JournalBefore& before) const;
    void apply_rewrite(const JournalRewrite& rewrite);
    void apply_loss(const JournalLoss& loss, io::WallTime time);
    std::string apply_job(const JournalJobRecord& record, io::WallTime time);
    std::optional<std::uint8_t> region_index(planner::JobIndex job, std::string_view name);
    std::uint8_t reason_index(std::string_view escaped_code, std::string_view message_form);
    void apply_access(const JournalAccess& access);
    void apply_end(const JournalEnd& end, io::WallTime time);
    void apply_pending(const JournalJobRecord& record, io::WallTime time);
    StuckGroup& group_of(Groups& groups, JobPhase phase, std::uint8_t reason);
    StuckGroup& enter_group(Groups& groups,
                            planner::JobIndex job,
                            JobPhase phase,
                            std::uint8_t reason);
    void add_to_group(Groups& groups,
                      const JournalJobRecord& record,
                      std::string_view code,
                      io::WallTime time);
    void leave_group(Groups& groups, planner::JobIndex job);
    void leave_phase(planner::JobIndex job, Region& region);
    void enter_phase(const JournalJobRecord& record,
                     JobPhase phase,
                     Region& region,
                     io::WallTime time);
    void update_open_job(const JournalJobRecord& record, JobPhase phase, io::WallTime time);

    JournalHeader header_;
    std::vector<JobPhase> phases_;
    std::vector<std::uint8_t> region_of_job_;  ///< index into regions_; kNoRegion if unknown
    /// The index of the reason for a stuck or pending job, and the Attribution for a done job.
    std::vector<std::uint8_t> reason_of_job_;
    std::vector<bool> is_pending_;  ///< by job: whether it is in a group of pending_
    OpenJobs open_;

    JobCounts counts_;
    std::vector<Region> regions_;
    std::vector<Reason> reasons_;
    Groups stuck_;
    Groups pending_;

    std::vector<JournalRewrite> rewrites_;
    JournalLoss loss_;
    /// The details assumed for jobs whose `sent` records may be missing.
    OpenJob lost_job_;

    std::vector<ReplayedRun> runs_;
    std::uint64_t runs_total_ = 0;
    std::chrono::milliseconds active_of_dropped_runs_{0};
    io::WallTime created_{};
    io::WallTime last_record_{};
    bool ended_ = false;
};

}  // namespace keyferry::engine
