// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/fault_plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <map>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

FaultPlan plan_of(std::string_view faults, std::uint64_t seed = 1) {
    return FaultPlan(parse_faults(faults).value(), seed);
}

FaultCall replicate(std::string_view from,
                    std::string_view to,
                    std::chrono::nanoseconds at = std::chrono::nanoseconds(0)) {
    return FaultCall{io::KmsApi::replicate_key, from, to, at};
}

FaultCall describe(std::string_view region,
                   std::chrono::nanoseconds at = std::chrono::nanoseconds(0)) {
    return FaultCall{io::KmsApi::describe_key, region, "", at};
}

TEST(FaultPlanTest, rate_applies_to_all_operations_unless_one_is_named) {
    FaultPlan plan = plan_of("ReplicateKey.throttle=1,throttle=0,DescribeKey.lost=1");
    EXPECT_EQ(plan.decide(replicate("us-east-1", "eu-west-1")).kind, FaultKind::throttle);
    EXPECT_EQ(plan.decide(describe("us-east-1")).kind, FaultKind::lost);
    EXPECT_EQ(plan.decide({io::KmsApi::list_keys, "us-east-1", "", 0s}).kind, FaultKind::none);
}

TEST(FaultPlanTest, region_matches_its_endpoint_and_its_replicas) {
    FaultPlan plan = plan_of("eu-west-1/throttle=1");
    EXPECT_EQ(plan.decide(describe("eu-west-1")).kind, FaultKind::throttle);
    EXPECT_EQ(plan.decide(replicate("us-east-1", "eu-west-1")).kind, FaultKind::throttle);
    EXPECT_EQ(plan.decide(replicate("eu-west-1", "us-east-1")).kind, FaultKind::throttle);
    EXPECT_EQ(plan.decide(replicate("us-east-1", "eu-west-2")).kind, FaultKind::none);
    EXPECT_EQ(plan.decide(describe("us-east-1")).kind, FaultKind::none);
}

TEST(FaultPlanTest, window_includes_its_start_and_excludes_its_end) {
    FaultPlan plan = plan_of("eu-west-1/ReplicateKey.throttle=1@10m..20m");
    const auto kind_at = [&](std::chrono::nanoseconds at) {
        return plan.decide(replicate("us-east-1", "eu-west-1", at)).kind;
    };
    EXPECT_EQ(kind_at(10min - 1ns), FaultKind::none);
    EXPECT_EQ(kind_at(10min), FaultKind::throttle);
    EXPECT_EQ(kind_at(20min - 1ns), FaultKind::throttle);
    EXPECT_EQ(kind_at(20min), FaultKind::none);
    EXPECT_EQ(kind_at(15min), FaultKind::throttle) << "even if the calls are out of order";
    EXPECT_EQ(plan.decide(describe("eu-west-1", 15min)).kind, FaultKind::none);
}

TEST(FaultPlanTest, window_without_end_is_unlimited) {
    FaultPlan plan = plan_of("reset=1@3h..");
    EXPECT_EQ(plan.decide(describe("eu-west-1", 2h)).kind, FaultKind::none);
    EXPECT_EQ(plan.decide(describe("eu-west-1", 9000h)).kind, FaultKind::reset);
}

TEST(FaultPlanTest, more_specific_rules_take_precedence) {
    FaultPlan plan = plan_of("eu-west-1/lost=0,lost=1,eu-west-1/lost=1@10m..20m");
    EXPECT_EQ(plan.decide(describe("eu-west-2", 0s)).kind, FaultKind::lost);
    EXPECT_EQ(plan.decide(describe("eu-west-1", 0s)).kind, FaultKind::none);
    EXPECT_EQ(plan.decide(describe("eu-west-1", 15min)).kind, FaultKind::lost);
}

TEST(FaultPlanTest, down_region_gets_no_other_fault) {
    FaultPlan plan = plan_of("throttle=0.5,lost=0.5,eu-west-1/down=1");
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(plan.decide(describe("eu-west-1")).kind, FaultKind::down);
        EXPECT_NE(plan.decide(describe("eu-west-2")).kind, FaultKind::down);
    }
}

TEST(FaultPlanTest, down_region_is_unreachable_as_endpoint_and_replica) {
    FaultPlan plan = plan_of("eu-west-1/down=1");
    EXPECT_FALSE(plan.decide(describe("eu-west-1")).only_at_replica);
    EXPECT_FALSE(plan.decide(replicate("eu-west-1", "us-east-1")).only_at_replica);
    EXPECT_TRUE(plan.decide(replicate("us-east-1", "eu-west-1")).only_at_replica);
    EXPECT_FALSE(plan_of("down=1").decide(replicate("us-east-1", "eu-west-1")).only_at_replica);
}

TEST(FaultPlanTest, limit_applies_only_to_new_keys) {
    FaultPlan plan = plan_of("eu-west-1/limit=1");
    EXPECT_EQ(plan.decide(replicate("us-east-1", "eu-west-1")).kind, FaultKind::limit);
    EXPECT_EQ(plan.decide({io::KmsApi::create_key, "eu-west-1", "", 0s}).kind, FaultKind::limit);
    EXPECT_EQ(plan.decide(replicate("eu-west-1", "us-east-1")).kind, FaultKind::none);
    EXPECT_EQ(plan.decide(describe("eu-west-1")).kind, FaultKind::none);
}

TEST(FaultPlanTest, errors_quote_the_invalid_item) {
    const auto problem = [](std::string_view text) {
        return parse_faults(text).error().text;
    };
    EXPECT_THAT(problem("throtle=0.1"), HasSubstr("\"throtle=0.1\" does not name a fault"));
    EXPECT_THAT(problem("throttle=5%"), HasSubstr("expected a rate between 0 and 1"));
    EXPECT_THAT(problem("throttle"), HasSubstr("does not name a fault"));
    EXPECT_THAT(problem("ConnectCustomKeyStore.lost=0.1"), HasSubstr("\"ConnectCustomKeyStore\""));
    for (const io::KmsApi api : io::kKmsApis) {
        EXPECT_THAT(problem("ConnectCustomKeyStore.lost=0.1"),
                    HasSubstr(std::string(name_of(api))));
    }
    EXPECT_THAT(problem("lost=0.6,reset=0.6"), HasSubstr("more than 1"));
    EXPECT_THAT(problem("slow-delay=2s..1s"), HasSubstr("minimum greater than its maximum"));
    EXPECT_THAT(problem("lost=0.1,eu west/lost=1"), HasSubstr("\"eu west\" in \"eu west/lost=1\""));
    EXPECT_THAT(
        problem("lost=1@10m"),
        HasSubstr(
            "expected FROM..UNTIL, such as 10m..20m or 10m.., after the '@' in \"lost=1@10m\""));
    EXPECT_THAT(problem("lost=1@20m..10m"), HasSubstr("ends before it starts"));
    EXPECT_THAT(problem("lost=1@10x..20m"), HasSubstr("in \"lost=1@10x..20m\": "));
    EXPECT_THAT(problem("lost=1@0s..999999h"), HasSubstr("10000 h"));
    EXPECT_THAT(problem("retry-after=soon"), HasSubstr("in \"retry-after=soon\": "));
    EXPECT_THAT(problem("none=1"), HasSubstr("does not name a fault"));
}

TEST(FaultPlanTest, rates_with_region_or_window_may_exceed_one) {
    EXPECT_TRUE(parse_faults("throttle=0.5,eu-west-1/down=1,lost=1@10m..20m").has_value());
}

TEST(FaultPlanTest, faults_occur_at_their_rates) {
    FaultPlan plan = plan_of("throttle=0.05,internal=0.02,eu-west-1/lost=0.01");
    std::map<FaultKind, int> seen;
    constexpr int kCalls = 100'000;
    for (int i = 0; i < kCalls; ++i) {
        ++seen[plan.decide(replicate("us-east-1", "eu-west-1")).kind];
    }
    EXPECT_NEAR(seen[FaultKind::throttle], 5000, 300);
    EXPECT_NEAR(seen[FaultKind::internal], 2000, 200);
    EXPECT_NEAR(seen[FaultKind::lost], 1000, 150);
    EXPECT_EQ(seen[FaultKind::reset], 0);
}

TEST(FaultPlanTest, same_seed_produces_same_faults) {
    const auto draw = [](std::uint64_t seed) {
        FaultPlan plan = plan_of("slow=0.5,slow-delay=1s..2s", seed);
        std::vector<std::chrono::nanoseconds> delays;
        for (int i = 0; i < 20; ++i) {
            delays.push_back(plan.decide(describe("eu-west-1")).delay);
        }
        return delays;
    };
    EXPECT_EQ(draw(3), draw(3));
    EXPECT_NE(draw(3), draw(4));
}

TEST(FaultPlanTest, throttle_has_retry_after_if_configured) {
    EXPECT_EQ(plan_of("throttle=1,retry-after=3s").decide(describe("eu-west-1")).retry_after, 3s);
    EXPECT_FALSE(plan_of("throttle=1").decide(describe("eu-west-1")).retry_after);
    EXPECT_FALSE(plan_of("reset=1,retry-after=3s").decide(describe("eu-west-1")).retry_after);
}

}  // namespace
}  // namespace keyferry::simulator
