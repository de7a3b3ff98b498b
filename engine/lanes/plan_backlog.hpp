// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lanes/call_lanes.hpp"
#include "engine/scheduling/backlog.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace keyferry::engine {

/// The ReplicateKey calls of a plan's jobs as the backlog of their lanes. Stores only one position
/// in the plan per lane. A lane's jobs are in plan order, from a starting point that differs
/// between the lanes of the same primary Region: lanes that start with the same keys would block
/// each other, since a key accepts one change at a time.
class PlanBacklog final : public Backlog {
  public:
    /// Whether a job is still to be sent. Must return the same result each time.
    using IsWanted = std::function<bool(planner::JobIndex)>;

    /// `plan` and `lanes` must outlive this.
    PlanBacklog(const planner::Plan& plan, const CallLanes& lanes, IsWanted is_wanted);

    /// Adds the backlog of every lane. Call once.
    void add_to(Scheduler& scheduler);

    WaitingCall next(LaneIndex lane) override;

  private:
    /// The remaining jobs of a lane: [next, end), then [begin, first).
    struct Cursor {
        std::uint32_t region = 0;
        planner::JobIndex begin = 0;
        planner::JobIndex end = 0;
        planner::JobIndex next = 0;
        std::uint64_t calls = 0;
    };

    void count_calls();
    void spread();

    const planner::Plan& plan_;
    const CallLanes& lanes_;
    IsWanted is_wanted_;
    std::vector<Cursor> cursors_;  ///< by lane; empty for other calls
};

/// Returns the job's call as seen by the scheduler.
[[nodiscard]] WaitingCall waiting_call(const planner::Plan& plan, planner::JobIndex job);

}  // namespace keyferry::engine
