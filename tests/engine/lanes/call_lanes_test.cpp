// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/call_lanes.hpp"

#include "tests/engine/support/simulated_fleet.hpp"

#include <gtest/gtest.h>

#include <set>

namespace keyferry::engine {
namespace {

/// Two primary Regions of one account, and a third key in another account. All keys are replicated
/// to the same two Regions. The plan sorts its keys by Region: key 0 is in us-east-1, key 1 is the
/// one in the other account, and key 2 is in us-west-2.
class CallLanesTest : public ::testing::Test {
  protected:
    LaneIndex lane_of(JobCall call, std::size_t key, std::size_t region) const {
        return lanes.lane_of(call, plan.jobs.at(2 * key + region));
    }

    planner::Plan plan = plan_from(R"(
[fleet]
name = "test"
account = "111122223333"

[[group]]
name = "east"
primary = "us-east-1"
keys = ["mrk-00000000000000000000000000000001"]
policy = "default"
replicate_to = ["eu-central-1", "eu-west-1"]

[[group]]
name = "west"
primary = "us-west-2"
keys = ["mrk-00000000000000000000000000000002"]
policy = "default"
replicate_to = ["eu-central-1", "eu-west-1"]

[[group]]
name = "other"
account = "444455556666"
primary = "us-east-1"
keys = ["mrk-00000000000000000000000000000003"]
policy = "default"
replicate_to = ["eu-central-1", "eu-west-1"]
)");
    Scheduler scheduler{scheduler_settings(plan.settings.limits)};
    LaneTable table{plan.settings.limits, scheduler, io::Moment{}};
    CallLanes lanes{plan, table};
};

TEST_F(CallLanesTest, each_primary_and_replica_region_has_its_own_replicate_lane) {
    std::set<LaneIndex> found;
    for (std::size_t key = 0; key < 3; ++key) {
        for (std::size_t region = 0; region < 2; ++region) {
            found.insert(lane_of(JobCall::replicate, key, region));
        }
    }
    EXPECT_EQ(found.size(), 6U);
}

TEST_F(CallLanesTest, descriptions_of_replicas_share_a_lane_per_account_and_region) {
    const auto lane = [this](std::size_t key, std::size_t region) {
        return lane_of(JobCall::describe_replica, key, region);
    };
    EXPECT_EQ(lane(0, 0), lane(2, 0));
    EXPECT_NE(lane(0, 0), lane(0, 1));
    EXPECT_NE(lane(0, 0), lane(1, 0)) << "another account";
}

TEST_F(CallLanesTest, descriptions_of_primaries_share_a_lane_per_account_and_region) {
    const auto lane = [this](std::size_t key, std::size_t region) {
        return lane_of(JobCall::describe_primary, key, region);
    };
    EXPECT_EQ(lane(0, 0), lane(0, 1));
    EXPECT_NE(lane(0, 0), lane(2, 0)) << "another Region";
    EXPECT_NE(lane(0, 0), lane(1, 0)) << "another account";
}

TEST_F(CallLanesTest, numbers_the_accounts_and_regions_of_primaries) {
    EXPECT_EQ(lanes.primary_count(), 3U);
    EXPECT_EQ(lanes.primary_of(plan.jobs[0]), lanes.primary_of(plan.jobs[1]));
    EXPECT_NE(lanes.primary_of(plan.jobs[0]), lanes.primary_of(plan.jobs[2]));
}

}  // namespace
}  // namespace keyferry::engine
