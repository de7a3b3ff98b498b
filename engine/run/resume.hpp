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

/// Returns the state of a job that an earlier process left, from its journal details: `accepted` by
/// KMS, or else with an unknown outcome, so that it is checked before anything is sent. The effect
/// of a request sent more than doubt_timeout before `wall_now` is visible by now: one check
/// decides.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// What each job of a plan does first: in a first run ReplicateKey, in a rerun what the journal
/// says. One byte per job; the state of a job in progress is read from the journal when it starts.
class ResumedJobs {
  public:
    /// For a first run.
    explicit ResumedJobs(const planner::Plan& plan);

    /// For a rerun. `replay`, of the journal of the same plan, must outlive this. `retry_failed`
    /// starts failed and conflicting jobs again.
    ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed);

    /// The first call of a job; nullopt if it has ended, or if it is unresolved and another
    /// unresolved job of its key describes the primary for both.
    [[nodiscard]] std::optional<FirstCall> first_call(planner::JobIndex job) const;

    /// The unresolved jobs of the key of `job`, in plan order: DescribeKey of the primary lists the
    /// replicas in all Regions, so one check covers all of them.
    [[nodiscard]] std::vector<planner::JobIndex> unresolved_of_key(planner::JobIndex job) const;

    /// The state of a job in progress; see resumed_job(). After record_absent(), the state in which
    /// its request may be sent again.
    [[nodiscard]] JobState state_of(planner::JobIndex job, io::WallTime wall_now) const;

    /// A read has shown that an unresolved job has no replica. Its state need not be kept until its
    /// request is sent: there may be millions of such jobs.
    void record_absent(planner::JobIndex job);

    /// Whether state_of() has to be called for a job whose call starts.
    [[nodiscard]] bool is_in_progress(planner::JobIndex job) const {
        return starts_[job] == Start::describe_replica || starts_[job] == Start::absent ||
               is_unresolved(job);
    }

    /// The counters of previous runs; `begun` and `in_doubt` count the jobs in progress.
    [[nodiscard]] const Progress& progress() const noexcept { return progress_; }

  private:
    enum class Start : std::uint8_t {
        replicate,
        replicate_again,   ///< tried by an earlier run: after the jobs that have not been tried
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
    std::vector<Start> starts_;  ///< by job
    Progress progress_;
};

}  // namespace keyferry::engine
