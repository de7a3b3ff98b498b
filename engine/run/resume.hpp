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

/// The code of the `deferred` record of a done job whose replica no longer exists.
inline constexpr std::string_view kReplicaMissing = "ReplicaMissing";

/// Returns the state of a job that an earlier process left unfinished, from its details in the
/// journal. Unless KMS has `accepted` the job, its outcome is unknown, and it is checked before
/// anything is sent. If its request was sent more than doubt_timeout before `wall_now`, the effect
/// of the request must be visible by now, so a single check decides.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// Determines the first call of each job of a plan. Without a survey, this is ReplicateKey in a
/// first run and depends on the job's records in the journal in a rerun. After apply_survey(), it
/// also depends on what exists in KMS: what exists is not requested again, and what an earlier run
/// has created and is gone is created again. Uses one byte per job, because the state of a job in
/// progress is taken from the replay of the journal only when its call starts.
class ResumedJobs {
  public:
    /// For a first run.
    explicit ResumedJobs(const planner::Plan& plan);

    /// For a rerun. `replay` is the replay of the journal of the same plan. It must outlive this.
    /// If `retry_failed` is set, failed and conflicting jobs are started again.
    ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed);

    /// Adapts the first calls to the survey of this run. `review` has an entry for every job and
    /// must outlive this. Jobs with unknown outcomes keep their first calls, which determine
    /// whether an earlier request created the replica.
    void apply_survey(const planner::PlanReview& review);

    /// What the survey shows about a job and the journal does not contain: that the replica exists
    /// (done), that the job is blocked, or that the replica of a done job no longer exists
    /// (deferred; the job is then started again). Nullopt for all other jobs.
    [[nodiscard]] std::optional<JobEnd> surveyed(planner::JobIndex job) const;

    /// Whether the journal says that the job is done, and the survey could not confirm it. Its
    /// first call checks the replica.
    [[nodiscard]] bool is_rechecked(planner::JobIndex job) const {
        return is_check(starts_[job]) && was_done(job);
    }
    [[nodiscard]] std::size_t rechecked() const noexcept { return rechecked_; }

    /// Whether the spec wants the replica Disabled. Without a survey, the state of a primary whose
    /// group sets enabled = "copy" is unknown and taken to be Enabled.
    [[nodiscard]] bool wants_disabled(planner::JobIndex job) const;

    /// The first call of a job. Nullopt if the job has ended, or if it is unresolved and the
    /// DescribeKey call of another unresolved job of the same key also covers it.
    [[nodiscard]] std::optional<FirstCall> first_call(planner::JobIndex job) const;

    /// The unresolved jobs of the key of `job`, in plan order. DescribeKey of the primary lists the
    /// replicas in all Regions, so one call checks all these jobs.
    [[nodiscard]] std::vector<planner::JobIndex> unresolved_of_key(planner::JobIndex job) const;

    /// The state of a job in progress; see resumed_job(). After record_absent(), the state in which
    /// its request may be sent again.
    [[nodiscard]] JobState state_of(planner::JobIndex job, io::WallTime wall_now) const;

    /// Records that an unresolved job has no replica, as a read has shown. The caller need not keep
    /// the state of the job until its request is sent. This matters because there may be millions
    /// of such jobs.
    void record_absent(planner::JobIndex job);

    /// Whether state_of() must be called for the job when its call starts.
    [[nodiscard]] bool is_in_progress(planner::JobIndex job) const {
        return starts_[job] == Start::describe_replica || starts_[job] == Start::absent ||
               is_check(starts_[job]) || is_unresolved(job);
    }

    /// The counters after the previous runs; `begun` and `in_doubt` count the jobs in progress.
    [[nodiscard]] const Progress& progress() const noexcept { return progress_; }

  private:
    enum class Start : std::uint8_t {
        replicate,
        replicate_again,   ///< attempted by an earlier run; comes after jobs without attempts
        describe_replica,  ///< accepted by KMS
        describe_primary,  ///< unresolved, the first of its key
        with_first,        ///< unresolved, another of its key
        absent,            ///< unresolved, and found not to have a replica
        check_listed,      ///< the survey lists the replica, which may not be usable
        check_unseen,      ///< done according to the journal, and not seen by the survey
        recreate,          ///< done according to the journal, but the replica no longer exists
        found,             ///< ended by the survey: the replica exists and is usable
        blocked,           ///< ended by the survey: the replica cannot be created
        none,
    };

    [[nodiscard]] static bool is_check(Start start) noexcept {
        return start == Start::check_listed || start == Start::check_unseen;
    }
    [[nodiscard]] Start start_of(planner::JobIndex job, ResumeAs resume_as) const;
    [[nodiscard]] Start start_after_survey(planner::JobIndex job) const;
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
