// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/plan_backlog.hpp"

#include "tests/engine/support/simulated_fleet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

/// Four keys in us-east-1, each with jobs in three Regions: jobs 0 to 2 are those of key 0.
class PlanBacklogTest : public ::testing::Test {
  protected:
    PlanBacklogTest() : first_calls(plan.jobs.size(), FirstCall{JobCall::replicate}) {}

    PlanBacklog& make() {
        backlog.emplace(
            plan, call_lanes, [this](planner::JobIndex job) { return first_calls.at(job); });
        return *backlog;
    }
    LaneIndex lane_of(planner::JobIndex job, JobCall call = JobCall::replicate) const {
        return call_lanes.lane_of(call, plan.jobs[job]);
    }
    /// The next `count` jobs of a lane.
    std::vector<planner::JobIndex> next(LaneIndex lane, std::size_t count) {
        std::vector<planner::JobIndex> jobs;
        for (std::size_t i = 0; i < count; ++i) {
            jobs.push_back(backlog->next(lane).id);
        }
        return jobs;
    }
    void repeat(const std::vector<planner::JobIndex>& jobs) {
        for (const planner::JobIndex job : jobs) {
            first_calls[job] = FirstCall{JobCall::replicate, true};
        }
    }

    planner::Plan plan = plan_of(4);
    Scheduler scheduler{scheduler_settings(plan.settings.limits)};
    LaneTable table{plan.settings.limits, scheduler, io::Moment{}};
    CallLanes call_lanes{plan, table};
    std::vector<std::optional<FirstCall>> first_calls;
    std::optional<PlanBacklog> backlog;
};

TEST_F(PlanBacklogTest, returns_each_job_of_a_lane_once) {
    make();
    for (planner::JobIndex first = 0; first < 3; ++first) {
        std::vector<planner::JobIndex> jobs = next(lane_of(first), 4);
        std::sort(jobs.begin(), jobs.end());
        EXPECT_EQ(jobs, (std::vector<planner::JobIndex>{first, first + 3, first + 6, first + 9}));
    }
}

TEST_F(PlanBacklogTest, starts_the_lanes_of_a_primary_with_different_keys) {
    make();
    std::set<std::uint32_t> keys;
    for (planner::JobIndex first = 0; first < 3; ++first) {
        keys.insert(backlog->next(lane_of(first)).key);
    }
    EXPECT_EQ(keys.size(), 3U) << "a key accepts one change at a time";
}

TEST_F(PlanBacklogTest, describes_a_call_as_the_scheduler_sees_it) {
    make();
    const WaitingCall call = backlog->next(lane_of(0));
    EXPECT_EQ(call.key, plan.jobs[call.id].key);
    EXPECT_EQ(static_cast<JobCall>(call.kind), JobCall::replicate);
}

TEST_F(PlanBacklogTest, returns_jobs_that_an_earlier_run_has_attempted_last) {
    repeat({0, 3, 9});
    make();
    const std::vector<planner::JobIndex> jobs = next(lane_of(0), 4);
    EXPECT_EQ(jobs.front(), 6U) << "the only job that has not been attempted";
    EXPECT_EQ(std::set<planner::JobIndex>(jobs.begin(), jobs.end()).size(), 4U);
}

TEST_F(PlanBacklogTest, returns_repeated_jobs_in_the_order_of_the_plan) {
    repeat({1, 4, 7, 10});
    make();
    std::vector<planner::JobIndex> jobs = next(lane_of(1), 4);
    const auto first = std::min_element(jobs.begin(), jobs.end());
    std::rotate(jobs.begin(), first, jobs.end());
    EXPECT_EQ(jobs, (std::vector<planner::JobIndex>{1, 4, 7, 10}));
}

TEST_F(PlanBacklogTest, skips_jobs_that_need_no_call) {
    first_calls[0].reset();
    first_calls[6].reset();
    make();
    std::vector<planner::JobIndex> jobs = next(lane_of(0), 2);
    std::sort(jobs.begin(), jobs.end());
    EXPECT_EQ(jobs, (std::vector<planner::JobIndex>{3, 9}));
}

TEST_F(PlanBacklogTest, puts_first_reads_into_the_lane_of_the_read) {
    first_calls[0] = FirstCall{JobCall::describe_replica};
    first_calls[1] = FirstCall{JobCall::describe_primary};
    make();
    EXPECT_EQ(backlog->next(lane_of(0, JobCall::describe_replica)).id, 0U);
    EXPECT_EQ(backlog->next(lane_of(1, JobCall::describe_primary)).id, 1U);
    const std::vector<planner::JobIndex> rest = next(lane_of(0), 3);
    EXPECT_EQ(std::count(rest.begin(), rest.end(), 0U), 0);
}

TEST_F(PlanBacklogTest, gives_the_scheduler_the_number_of_calls_of_every_lane) {
    first_calls[2].reset();
    repeat({5});
    make().add_to(scheduler);
    EXPECT_EQ(scheduler.waiting(), plan.jobs.size() - 1);
}

}  // namespace
}  // namespace keyferry::engine
