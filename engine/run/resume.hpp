// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/run/progress.hpp"
#include "planner/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// Returns the state of a job that an earlier process left unfinished, from its details in the
/// journal. Unless KMS has `accepted` the job, its outcome is unknown, and it is checked before
/// anything is sent. If its request was sent more than doubt_timeout before `wall_now`, the effect
/// of the request must be visible by now, so a single check decides.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// Determines the first call of each job of a plan. In a first run this is ReplicateKey; in a rerun
/// it depends on the job's records in the journal. Uses one byte per job, because the state of a
/// job in progress is taken from the replay of the journal only when its call starts.
class ResumedJobs {
  public:
    /// For a first run.
    explicit ResumedJobs(const planner::Plan& plan);

    /// For a rerun. `replay` is the replay of the journal of the same plan. It must outlive this.
    /// If `retry_failed` is set, failed and conflicting jobs are started again.
    ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed);

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
               is_unresolved(job);
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
        none,
    };

    [[nodiscard]] Start start_of(planner::JobIndex job, ResumeAs resume_as) const;
    [[nodiscard]] bool is_unresolved(planner::JobIndex job) const {
        return starts_[job] == Start::describe_primary || starts_[job] == Start::with_first;
    }

    const planner::Plan* plan_;
    const JournalReplay* replay_ = nullptr;
    std::vector<Start> starts_;  ///< indexed by job
    Progress progress_;
};

}  // namespace keyferry::engine
