// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lanes/call_lanes.hpp"
#include "engine/scheduling/backlog.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// The first call of a job in a run.
struct FirstCall {
    JobCall call;
    /// An earlier run has attempted the job without success. Such jobs come after those that have
    /// not been attempted.
    bool is_repeated = false;
};

/// Provides the first call of each job in a plan as the backlog of the call's lane. Stores only one
/// position in the plan per lane. Each lane's jobs are returned in plan order, but lanes with the
/// same primary Region start at different positions. If they all started with the same keys, they
/// would block each other, since only one call at a time may change a key.
class PlanBacklog final : public Backlog {
  public:
    /// Returns the first call of a job, or nullopt if the job has none. Must return the same result
    /// until next() has returned the job.
    using FirstCallOf = std::function<std::optional<FirstCall>(planner::JobIndex)>;

    /// `plan` and `lanes` must outlive this object.
    PlanBacklog(const planner::Plan& plan, const CallLanes& lanes, FirstCallOf first_call);

    /// Adds the backlog of every lane. Must be called only once.
    void add_to(Scheduler& scheduler);

    WaitingCall next(LaneIndex lane) override;

  private:
    /// The remaining jobs of a lane: [next, end), then [begin, first). The first pass returns the
    /// jobs that have not been attempted, and the second pass returns the others.
    struct Cursor {
        /// the replica Region of all the lane's jobs, for a quick check; not set if they differ
        std::optional<std::uint32_t> region{};
        planner::JobIndex begin = 0;
        planner::JobIndex end = 0;
        planner::JobIndex next = 0;
        std::uint64_t untried = 0;
        std::uint64_t repeated = 0;

        [[nodiscard]] std::uint64_t calls() const noexcept { return untried + repeated; }
    };

    void count_calls();
    void spread();

    const planner::Plan& plan_;
    const CallLanes& lanes_;
    FirstCallOf first_call_;
    std::vector<Cursor> cursors_;  ///< indexed by lane
};

/// Returns the job's call in the form in which the scheduler queues it.
[[nodiscard]] WaitingCall waiting_call(const planner::Plan& plan,
                                       planner::JobIndex job,
                                       JobCall call);

/// Returns which of the job's calls was started.
[[nodiscard]] inline JobCall job_call(const StartedCall& started) noexcept {
    return static_cast<JobCall>(started.call.kind);
}

}  // namespace keyferry::engine
