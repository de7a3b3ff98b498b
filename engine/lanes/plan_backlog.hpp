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

/// The ReplicateKey calls of a plan's jobs as the backlog of their lanes: nothing but a place in
/// the plan for each lane. A lane's jobs come in the order of the plan, from a starting point that
/// is another for each lane of the same primary Region: lanes that began with the same keys would
/// stand in each other's way, since a key takes one change at a time.
class PlanBacklog final : public Backlog {
  public:
    /// Which jobs are still to be sent. Must give the same answer each time it is asked.
    using IsWanted = std::function<bool(planner::JobIndex)>;

    /// `plan` and `lanes` must outlive this.
    PlanBacklog(const planner::Plan& plan, const CallLanes& lanes, IsWanted is_wanted);

    /// Gives every lane its backlog. Once.
    void add_to(Scheduler& scheduler);

    WaitingCall next(LaneIndex lane) override;

  private:
    /// Where a lane's next job is looked for: [next, end), then [begin, first).
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
    std::vector<Cursor> cursors_;  ///< by lane; those of other calls stay empty
};

/// The job's call as the scheduler knows it.
[[nodiscard]] WaitingCall waiting_call(const planner::Plan& plan, planner::JobIndex job);

}  // namespace keyferry::engine
