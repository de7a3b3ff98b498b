// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/run/progress.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// The code of the `deferred` record of a done job whose replica no longer exists, according to
/// DescribeKey in its own Region.
inline constexpr std::string_view kReplicaMissing = "ReplicaMissing";

/// Returns the state of a job that an earlier process left unfinished, based on its details in the
/// journal. Unless the job is `accepted`, its outcome is unknown, and DescribeKey must check for
/// the replica before any request is sent. If the job's last request was sent more than
/// doubt_timeout before `wall_now`, its effect must be visible by now, so a single check is enough.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// Determines the first call of each job in a plan. Without a survey, the first call is
/// ReplicateKey in a first run, and depends on the job's journal records in a rerun. After
/// apply_survey(), it also depends on what exists in KMS: no request is sent for replicas that
/// already exist, and the replicas of done jobs that the survey does not list are checked in their
/// own Regions. Uses only one byte per job, because the state of a job in progress is not computed
/// from the journal's replay until its call starts.
class ResumedJobs {
  public:
    /// For a first run.
    explicit ResumedJobs(const planner::Plan& plan);

    /// For a rerun. `replay` is the replay of the plan's journal and must outlive this object. If
    /// `retry_failed` is set, failed and conflicting jobs are started again.
    ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed);

    /// Adapts the first calls to the survey of this run. `review` has an entry for every job and
    /// must outlive this object. The first calls of jobs with unknown outcomes do not change,
    /// because they determine whether an earlier request created the replica.
    void apply_survey(const planner::PlanReview& review);

    /// How the job ends because of the survey, without a call: the replica exists (done), the job
    /// is blocked, or the account's credentials are refused and no request may be sent (deferred).
    /// Nullopt for all other jobs.
    [[nodiscard]] std::optional<JobEnd> surveyed(planner::JobIndex job) const;

    /// Returns how a job ends that the survey has blocked and whose request must not be sent:
    /// deferred if the account's credentials are refused, otherwise blocked.
    [[nodiscard]] JobEnd unsendable_end(planner::JobIndex job) const;

    /// Whether the job is done according to the journal, but the survey could not confirm this. The
    /// job's first call then checks the replica. A survey that does not list the replica proves
    /// nothing, because the primary's list of replicas is eventually consistent.
    [[nodiscard]] bool is_rechecked(planner::JobIndex job) const {
        return is_check(starts_[job]) && was_done(job);
    }
    [[nodiscard]] std::size_t rechecked() const noexcept { return rechecked_; }

    /// Records that the replica of a rechecked job does not exist. Returns what to record in the
    /// journal: unsendable_end() if the replica cannot be created again, and otherwise `deferred`
    /// with kReplicaMissing, after which the caller sends the job's request.
    /// The job then has no state until its request starts, as if it had never been started.
    JobEnd record_missing(planner::JobIndex job);

    /// Whether the spec requires the replica to be Disabled. Without a survey, the state of a
    /// primary whose group sets enabled = "copy" is unknown and assumed to be Enabled.
    [[nodiscard]] bool wants_disabled(planner::JobIndex job) const;

    /// The first call of a job. Nullopt if the job has ended. Also nullopt if the job is unresolved
    /// and another unresolved job of the same key makes the DescribeKey call that checks both.
    [[nodiscard]] std::optional<FirstCall> first_call(planner::JobIndex job) const;

    /// The unresolved jobs with the same key as `job`, in plan order. DescribeKey of the primary
    /// lists the replicas in all Regions, so one call checks all of these jobs.
    [[nodiscard]] std::vector<planner::JobIndex> unresolved_of_key(planner::JobIndex job) const;

    /// The state of a job in progress; see resumed_job(). After record_absent(), the returned state
    /// allows the request to be sent again.
    [[nodiscard]] JobState state_of(planner::JobIndex job, io::WallTime wall_now) const;

    /// Records that, according to a read, the replica of an unresolved job does not exist. The
    /// caller then need not store the job's state until the request is sent. This saves memory,
    /// because there may be millions of such jobs.
    void record_absent(planner::JobIndex job);

    /// Whether state_of() must be called for the job when its call starts.
    [[nodiscard]] bool is_in_progress(planner::JobIndex job) const {
        return starts_[job] == Start::describe_replica || starts_[job] == Start::absent ||
               is_check(starts_[job]) || is_unresolved(job);
    }

    /// The counters after the previous runs. `begun` and `in_doubt` count the jobs in progress.
    [[nodiscard]] const Progress& progress() const noexcept { return progress_; }

  private:
    enum class Start : std::uint8_t {
        replicate,
        replicate_again,   ///< attempted by an earlier run; started after jobs without attempts
        describe_replica,  ///< accepted by KMS
        describe_primary,  ///< unresolved; the first such job of its key
        with_first,        ///< unresolved; not the first such job of its key
        absent,            ///< unresolved, but a read has shown that the replica does not exist
        check_listed,      ///< the survey lists the replica, which might not be usable
        check_unseen,      ///< done according to the journal, but the survey does not list the
                           ///< replica
        missing,           ///< was check_unseen, but the replica does not exist
        found,             ///< ended by the survey: the replica exists and is usable
        blocked,           ///< ended by the survey: the replica cannot be created
        refused,           ///< ended by the survey: the account's credentials are refused, and a
                           ///< saved plan does not create the replica
        none,
    };

    [[nodiscard]] static bool is_check(Start start) noexcept {
        return start == Start::check_listed || start == Start::check_unseen;
    }
    [[nodiscard]] Start start_of(planner::JobIndex job, ResumeAs resume_as) const;
    [[nodiscard]] Start start_after_survey(planner::JobIndex job) const;
    [[nodiscard]] JobEnd refused_end(planner::JobIndex job) const;
    [[nodiscard]] JobEnd blocked_end(planner::JobIndex job) const;
    [[nodiscard]] bool was_done(planner::JobIndex job) const {
        return replay_ != nullptr && replay_->phase(job) == JobPhase::done;
    }
    void count();
    [[nodiscard]] bool is_unresolved(planner::JobIndex job) const {
        return starts_[job] == Start::describe_primary || starts_[job] == Start::with_first;
    }

    const planner::Plan* plan_;
    const JournalReplay* replay_ = nullptr;
    const planner::PlanReview* review_ = nullptr;
    std::vector<Start> starts_;  ///< indexed by job
    std::size_t rechecked_ = 0;
    Progress progress_;
};

}  // namespace keyferry::engine
