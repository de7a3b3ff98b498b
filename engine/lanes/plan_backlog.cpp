// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/plan_backlog.hpp"

#include <cassert>
#include <utility>

namespace keyferry::engine {

PlanBacklog::PlanBacklog(const planner::Plan& plan, const CallLanes& lanes, FirstCallOf first_call)
    : plan_(plan), lanes_(lanes), first_call_(std::move(first_call)) {
    count_calls();
    spread();
}

void PlanBacklog::count_calls() {
    for (planner::JobIndex job = 0; job < plan_.jobs.size(); ++job) {
        const std::optional<FirstCall> first = first_call_(job);
        if (!first) {
            continue;
        }
        const LaneIndex lane = lanes_.lane_of(first->call, plan_.jobs[job]);
        if (lane >= cursors_.size()) {
            cursors_.resize(lane + 1);
        }
        Cursor& cursor = cursors_[lane];
        const std::uint32_t region = plan_.jobs[job].region;
        if (cursor.calls() == 0) {
            cursor.begin = job;
            cursor.region = region;
        } else if (cursor.region != region) {
            cursor.region.reset();
        }
        cursor.end = job + 1;
        ++(first->is_repeated ? cursor.repeated : cursor.untried);
    }
}

void PlanBacklog::spread() {
    const auto primary_of = [&](const Cursor& cursor) {
        return lanes_.primary_of(plan_.jobs[cursor.begin]);
    };
    std::vector<std::uint64_t> lanes_of_primary(lanes_.primary_count());
    for (const Cursor& cursor : cursors_) {
        if (cursor.calls() > 0) {
            ++lanes_of_primary[primary_of(cursor)];
        }
    }
    std::vector<std::uint64_t> seen(lanes_of_primary.size());
    for (Cursor& cursor : cursors_) {
        if (cursor.calls() > 0) {
            const std::uint32_t primary = primary_of(cursor);
            const std::uint64_t jobs = cursor.end - cursor.begin;
            cursor.next = cursor.begin + static_cast<planner::JobIndex>(jobs * seen[primary]++ /
                                                                        lanes_of_primary[primary]);
        }
    }
}

void PlanBacklog::add_to(Scheduler& scheduler) {
    for (LaneIndex lane = 0; lane < cursors_.size(); ++lane) {
        if (cursors_[lane].calls() > 0) {
            scheduler.add_backlog(lane, cursors_[lane].calls(), *this);
        }
    }
}

WaitingCall PlanBacklog::next(LaneIndex lane) {
    Cursor& cursor = cursors_.at(lane);
    assert(cursor.calls() > 0);
    const bool is_repeated = cursor.untried == 0;
    while (true) {
        const planner::JobIndex job = cursor.next;
        cursor.next = job + 1 == cursor.end ? cursor.begin : job + 1;
        if (cursor.region && *cursor.region != plan_.jobs[job].region) {
            continue;
        }
        const std::optional<FirstCall> first = first_call_(job);
        if (first && first->is_repeated == is_repeated &&
            lanes_.lane_of(first->call, plan_.jobs[job]) == lane) {
            --(is_repeated ? cursor.repeated : cursor.untried);
            return waiting_call(plan_, job, first->call);
        }
    }
}

WaitingCall waiting_call(const planner::Plan& plan, planner::JobIndex job, JobCall call) {
    return WaitingCall{job, plan.jobs.at(job).key, static_cast<std::uint8_t>(call)};
}

}  // namespace keyferry::engine
