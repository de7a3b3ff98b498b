// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/plan_backlog.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

PlanBacklog::PlanBacklog(const planner::Plan& plan, const CallLanes& lanes, IsWanted is_wanted)
    : plan_(plan), lanes_(lanes), is_wanted_(std::move(is_wanted)), cursors_(lanes.lane_count()) {
    count_calls();
    spread();
}

void PlanBacklog::count_calls() {
    for (planner::JobIndex job = 0; job < plan_.jobs.size(); ++job) {
        if (!is_wanted_(job)) {
            continue;
        }
        Cursor& cursor = cursors_[lanes_.lane_of(JobCall::replicate, plan_.jobs[job])];
        if (cursor.calls++ == 0) {
            cursor.region = plan_.jobs[job].region;
            cursor.begin = job;
        }
        cursor.end = job + 1;
    }
}

void PlanBacklog::spread() {
    std::vector<std::uint64_t> lanes_of_primary;
    const auto lanes_at = [&](LaneIndex lane) -> std::uint64_t& {
        const std::size_t primary = lanes_.primary_of(lane);
        lanes_of_primary.resize(std::max(lanes_of_primary.size(), primary + 1));
        return lanes_of_primary[primary];
    };
    for (LaneIndex lane = 0; lane < cursors_.size(); ++lane) {
        lanes_at(lane) += cursors_[lane].calls > 0 ? 1 : 0;
    }
    std::vector<std::uint64_t> seen(lanes_of_primary.size());
    for (LaneIndex lane = 0; lane < cursors_.size(); ++lane) {
        Cursor& cursor = cursors_[lane];
        if (cursor.calls > 0) {
            const std::uint64_t jobs = cursor.end - cursor.begin;
            const std::uint64_t before = seen[lanes_.primary_of(lane)]++;
            cursor.next =
                cursor.begin + static_cast<planner::JobIndex>(jobs * before / lanes_at(lane));
        }
    }
}

void PlanBacklog::add_to(Scheduler& scheduler) {
    for (LaneIndex lane = 0; lane < cursors_.size(); ++lane) {
        if (cursors_[lane].calls > 0) {
            scheduler.add_backlog(lane, cursors_[lane].calls, *this);
        }
    }
}

WaitingCall PlanBacklog::next(LaneIndex lane) {
    Cursor& cursor = cursors_.at(lane);
    assert(cursor.calls > 0);
    // Between begin and end all keys have the same primary Region, since a plan's keys are sorted
    // by ARN: the replica's Region alone identifies the lane of a job.
    while (plan_.jobs[cursor.next].region != cursor.region || !is_wanted_(cursor.next)) {
        cursor.next = cursor.next + 1 == cursor.end ? cursor.begin : cursor.next + 1;
    }
    const planner::JobIndex job = cursor.next;
    cursor.next = cursor.next + 1 == cursor.end ? cursor.begin : cursor.next + 1;
    --cursor.calls;
    return waiting_call(plan_, job);
}

WaitingCall waiting_call(const planner::Plan& plan, planner::JobIndex job) {
    return WaitingCall{job, plan.jobs.at(job).key};
}

}  // namespace keyferry::engine
