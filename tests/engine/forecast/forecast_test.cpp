// SPDX-License-Identifier: Apache-2.0
#include "engine/forecast/forecast.hpp"

#include "engine/forecast/forecast_run.hpp"
#include "tests/engine/support/simulated_fleet.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// By default: ReplicateKey and CreateKey at 5/s x 0.8, the first two calls of each quota without
// delay, and responses after 0.1 s. A replica is polled 1.0, 2.6 and 4.95 s after the ReplicateKey
// response; the last poll finds it ready.
constexpr double kLastWait_s = 5.05;
constexpr double kRoundTrip_s = 0.1;

TEST(Forecast, is_the_time_of_the_slowest_quota_and_the_last_replica) {
    const planner::PlanForecast forecast = engine::forecast(plan_of(100));
    EXPECT_NEAR(forecast.seconds_min, (300 - 2) / 4.0, 1e-9);
    EXPECT_EQ(forecast.slowest->api, io::KmsApi::replicate_key);
    EXPECT_NEAR(forecast.seconds, (300 - 2) / 4.0 + kRoundTrip_s + kLastWait_s, 1e-3);
    EXPECT_NEAR(forecast.creation_wait_seconds, kLastWait_s, 1e-9);
    EXPECT_FALSE(forecast.is_bound);
}

TEST(Forecast, is_zero_for_an_empty_plan) {
    const planner::PlanForecast forecast = engine::forecast(planner::Plan());
    EXPECT_EQ(forecast.seconds, 0);
    EXPECT_FALSE(forecast.slowest);
    EXPECT_TRUE(forecast.savings.empty());
}

TEST(Forecast, ends_with_the_last_response_without_waiting_for_replicas) {
    const planner::PlanForecast forecast =
        engine::forecast(plan_of(100, "[wait]\nuntil_ready = false\n"));
    EXPECT_NEAR(forecast.seconds, (300 - 2) / 4.0 + kRoundTrip_s, 1e-3);
    EXPECT_EQ(forecast.creation_wait_seconds, 0);
}

TEST(Forecast, gives_start_and_end_of_each_region) {
    // eu-west-1 allows two replicas per second; all other quotas allow far more.
    const planner::Plan plan = plan_of(100, R"([limits]
share = 1.0
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 1000
[[limits.quota]]
region = "eu-west-1"
CreateKey = 4
)");
    const planner::PlanForecast forecast = engine::forecast(plan);
    ASSERT_EQ(plan.regions[2].name(), "eu-west-1");
    EXPECT_EQ(forecast.regions[2].starts_s, 0);
    EXPECT_NEAR(forecast.regions[2].ends_s, forecast.seconds, 1e-9);
    EXPECT_NEAR(forecast.seconds, 49 + kRoundTrip_s + kLastWait_s, 0.2);
    EXPECT_LT(forecast.regions[0].ends_s, 10);
}

TEST(Forecast, has_no_times_for_an_unused_region) {
    planner::Plan plan = plan_of(2);
    std::erase_if(plan.jobs, [](const planner::Job& job) { return job.region == 1; });
    const planner::PlanForecast forecast = engine::forecast(plan);
    ASSERT_EQ(forecast.regions.size(), 3U);
    EXPECT_EQ(forecast.regions[1].starts_s, 0);
    EXPECT_EQ(forecast.regions[1].ends_s, 0);
    EXPECT_GT(forecast.regions[2].ends_s, 0);
}

TEST(Forecast, includes_the_spacing_of_calls_on_one_key) {
    const planner::PlanForecast forecast = engine::forecast(plan_of(1, R"([[limits.quota]]
ReplicateKey = 1000
)"));
    EXPECT_EQ(forecast.replicas_of_key_max, 3U);
    EXPECT_EQ(forecast.key_seconds_min, 2);
    EXPECT_EQ(forecast.seconds_min, 2);
    EXPECT_FALSE(forecast.slowest) << "no quota is as slow as the key";
    EXPECT_TRUE(forecast.savings.empty()) << "no higher quota would help";
    EXPECT_NEAR(forecast.seconds, 2 + kRoundTrip_s + kLastWait_s, 1e-9);
}

TEST(Forecast, includes_the_limits_on_calls_in_flight) {
    const planner::PlanForecast forecast = engine::forecast(plan_of(100, R"([limits]
in_flight_max_per_endpoint = 1
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 1000
)"));
    EXPECT_GT(forecast.seconds, 300 * kRoundTrip_s)
        << "ReplicateKey calls are sent one after another";
    EXPECT_LT(forecast.seconds_min, 3);
}

TEST(Forecast, lets_polls_wait_for_the_describe_key_quota) {
    const planner::Plan plan = plan_of(100, R"([[limits.quota]]
ReplicateKey = 1000
CreateKey = 1000
DescribeKey = 2
)");
    // At 1.6 polls per second: a hundred replicas in each Region, each polled at least once.
    EXPECT_GT(engine::forecast(plan).seconds, 99 / 1.6);
}

TEST(Forecast, is_the_same_with_and_without_scheduled_polls_when_quota_suffices) {
    const planner::Plan plan = plan_of(50);
    const ForecastAssumptions assumptions;
    const ForecastTimes with = forecast_run(plan, assumptions, true);
    const ForecastTimes without = forecast_run(plan, assumptions, false);
    EXPECT_EQ(with.last_answer, without.last_answer);
    EXPECT_NEAR(
        std::chrono::duration<double>(with.last_ready - without.last_ready).count(), 0, 0.01);
}

TEST(Forecast, polls_a_replica_until_it_is_ready) {
    ForecastAssumptions assumptions;
    assumptions.creating = seconds(1);
    const CreationPolls once = creation_polls(planner::WaitSettings{}, assumptions);
    EXPECT_EQ(once.polls, 1);
    EXPECT_EQ(once.until_seen, milliseconds(1100));
    assumptions.creating = seconds(4);
    const CreationPolls thrice = creation_polls(planner::WaitSettings{}, assumptions);
    EXPECT_EQ(thrice.polls, 3);
    EXPECT_EQ(thrice.until_seen, milliseconds(5050));
}

TEST(Forecast, computes_savings_of_doubling_the_slowest_quota) {
    // Three Regions: 300 ReplicateKey at 4/s, and 200 CreateKey at 4/s in each of them.
    const planner::PlanForecast forecast = engine::forecast(plan_of(100));
    ASSERT_EQ(forecast.savings.size(), 2U);
    EXPECT_EQ(forecast.savings[0].quotas[0].quota_per_s, 10);
    EXPECT_NEAR(forecast.savings[0].seconds, 74.5 - 49, 0.5);
    EXPECT_TRUE(forecast.savings[0].is_forecast);
    EXPECT_EQ(forecast.savings[1].quotas[0].quota_per_s, 8) << "a quota of 7.6 would suffice";
    EXPECT_NEAR(forecast.savings[1].seconds, 74.5 - 49, 1);
}

TEST(Forecast, names_quotas_that_must_be_raised_together) {
    // With one more Region, ReplicateKey would be the slowest quota; with one fewer, CreateKey.
    // Here both are equal.
    const planner::PlanForecast forecast =
        engine::forecast(fleet_plan(100, {"eu-west-1", "eu-central-1"}, ""));
    ASSERT_EQ(forecast.savings.size(), 2U);
    EXPECT_LT(forecast.savings[0].seconds, 2);
    EXPECT_EQ(forecast.savings[1].quotas.size(), 3U);
    EXPECT_NEAR(forecast.savings[1].seconds, 49 / 2.0, 1);
}

TEST(Forecast, uses_bounds_for_savings_of_a_large_plan) {
    ForecastAssumptions assumptions;
    assumptions.jobs_for_savings_max = 299;
    const planner::PlanForecast forecast = engine::forecast(plan_of(100), assumptions);
    EXPECT_FALSE(forecast.savings[0].is_forecast);
    EXPECT_NEAR(forecast.savings[0].seconds, 74.5 - 49, 1e-9);
}

TEST(Forecast, uses_the_bound_for_a_plan_too_large_to_simulate) {
    ForecastAssumptions assumptions;
    assumptions.jobs_max = 299;
    const planner::PlanForecast forecast = engine::forecast(plan_of(100), assumptions);
    EXPECT_TRUE(forecast.is_bound);
    EXPECT_TRUE(forecast.regions.empty());
    EXPECT_NEAR(forecast.seconds, 74.5 + kRoundTrip_s + kLastWait_s, 1e-9);
}

}  // namespace
}  // namespace keyferry::engine
