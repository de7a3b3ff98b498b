// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/lane_table.hpp"

#include "tests/engine/support/places.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyferry::engine {
namespace {

class LaneTableTest : public ::testing::Test {
  protected:
    std::vector<int> tokens(LaneIndex lane) const {
        std::vector<int> all;
        for (const Cost& cost : scheduler.lane(lane).costs) {
            all.push_back(cost.tokens);
        }
        return all;
    }
    /// Ignores the first gate, which is the limit of the whole program.
    bool share_a_gate(LaneIndex a, LaneIndex b) const {
        const std::vector<GateIndex>& gates = scheduler.lane(a).gates;
        const std::vector<GateIndex>& others = scheduler.lane(b).gates;
        return std::any_of(gates.begin(), gates.end(), [&](GateIndex gate) {
            return gate != 0 && std::find(others.begin(), others.end(), gate) != others.end();
        });
    }

    planner::Limits limits;
    Scheduler scheduler{scheduler_settings(limits)};
    LaneTable table{limits, scheduler, io::Moment{}};
};

TEST_F(LaneTableTest, adds_each_lane_once) {
    const LaneIndex describe = table.lane(at("eu-west-1"), io::KmsApi::describe_key);
    EXPECT_EQ(table.lane(at("eu-west-1"), io::KmsApi::describe_key), describe);
    EXPECT_NE(table.lane(at("eu-west-1"), io::KmsApi::list_keys), describe);
    EXPECT_NE(table.lane(at("eu-west-2"), io::KmsApi::describe_key), describe);
    EXPECT_EQ(table.size(), 3U);
}

TEST_F(LaneTableTest, replicate_key_draws_on_the_quotas_of_both_regions) {
    const LaneIndex lane = table.replicate_lane(at("us-east-1"), at("eu-west-1"));
    EXPECT_EQ(tokens(lane), (std::vector<int>{1, 2}));
    EXPECT_EQ(table.place_of(lane), at("us-east-1")) << "the call is sent to the primary";
    EXPECT_TRUE(scheduler.lane(lane).changes_key);
    const LaneIndex other = table.replicate_lane(at("us-east-1"), at("eu-west-2"));
    EXPECT_EQ(scheduler.lane(other).costs[0].bucket, scheduler.lane(lane).costs[0].bucket);
    EXPECT_NE(scheduler.lane(other).costs[1].bucket, scheduler.lane(lane).costs[1].bucket);
}

TEST_F(LaneTableTest, a_read_draws_on_its_own_quota_and_changes_no_key) {
    const LaneIndex lane = table.lane(at("eu-west-1"), io::KmsApi::describe_key);
    EXPECT_EQ(tokens(lane), (std::vector<int>{1}));
    EXPECT_FALSE(scheduler.lane(lane).changes_key);
    EXPECT_FALSE(table.scopes_of(lane).pair);
}

TEST_F(LaneTableTest, all_lanes_of_an_account_share_its_scope) {
    const LaneIndex replicate = table.replicate_lane(at("us-east-1"), at("eu-west-1"));
    const LaneIndex describe = table.lane(at("ap-south-1"), io::KmsApi::describe_key);
    const LaneIndex other = table.lane(at("ap-south-1", "444455556666"), io::KmsApi::describe_key);
    EXPECT_EQ(table.scopes_of(replicate).account, table.scopes_of(describe).account);
    EXPECT_NE(table.scopes_of(other).account, table.scopes_of(describe).account);
    EXPECT_NE(table.scopes_of(other).endpoint, table.scopes_of(describe).endpoint);
}

TEST_F(LaneTableTest, a_pair_has_a_separate_scope_per_primary_region) {
    const LaneIndex from_us = table.replicate_lane(at("us-east-1"), at("eu-west-1"));
    const LaneIndex from_ap = table.replicate_lane(at("ap-south-1"), at("eu-west-1"));
    EXPECT_NE(table.scopes_of(from_us).pair, table.scopes_of(from_ap).pair);
    EXPECT_EQ(table.scopes_of(from_us).replicas, table.scopes_of(from_ap).replicas);
    const PlacedScope& pair = table.scopes()[*table.scopes_of(from_us).pair];
    EXPECT_EQ(pair.place, at("eu-west-1"));
    EXPECT_EQ(pair.primary_region, io::Region::parse("us-east-1").value());
}

TEST_F(LaneTableTest, a_replica_region_bounds_its_lanes_of_all_primaries) {
    const LaneIndex from_us = table.replicate_lane(at("us-east-1"), at("eu-west-1"));
    const LaneIndex of_other =
        table.replicate_lane(at("ap-south-1", "444455556666"), at("eu-west-1", "444455556666"));
    const LaneIndex elsewhere =
        table.replicate_lane(at("ap-south-2", "555566667777"), at("eu-west-2", "555566667777"));
    EXPECT_TRUE(share_a_gate(from_us, of_other));
    EXPECT_FALSE(share_a_gate(from_us, elsewhere));
}

TEST_F(LaneTableTest, a_slow_pair_gets_only_a_share_of_the_primarys_capacity) {
    const LaneIndex lane = table.replicate_lane(at("us-east-1"), at("eu-west-1"));
    EXPECT_EQ(scheduler.lane(lane).shares_gate,
              table.scopes()[table.scopes_of(lane).endpoint].gate);
    EXPECT_FALSE(scheduler.lane(table.lane(at("us-east-1"), io::KmsApi::describe_key)).shares_gate);
}

TEST_F(LaneTableTest, buckets_use_the_share_of_the_quota) {
    limits.share = 0.5;
    const BucketLimits bucket = bucket_limits(limits, at("us-east-1"), io::KmsApi::replicate_key);
    EXPECT_EQ(bucket.rate_per_s, 2.5);
    EXPECT_EQ(bucket.window_tokens_max, 5) << "no second exceeds the whole quota";
    limits.overrides.push_back({std::nullopt, std::nullopt, io::KmsApi::replicate_key, 0.5});
    EXPECT_EQ(bucket_limits(limits, at("us-east-1"), io::KmsApi::replicate_key).window_tokens_max,
              1)
        << "a call must be possible";
}

}  // namespace
}  // namespace keyferry::engine
