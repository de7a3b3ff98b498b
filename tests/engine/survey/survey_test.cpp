// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/survey/survey_of_kms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

std::vector<planner::ActionReason> checked_reasons(const planner::PlanReview& review) {
    std::vector<planner::ActionReason> found;
    for (const planner::JobVerdict& verdict : review.verdicts) {
        EXPECT_EQ(verdict.action, planner::action_of(verdict.reason));
        found.push_back(verdict.reason);
    }
    return found;
}

using Reason = planner::ActionReason;
using Reasons = std::vector<planner::ActionReason>;

io::Region region(const char* name) {
    return io::Region::parse(name).value();
}

TEST(Survey, describes_each_primary_once) {
    const planner::Plan plan = fleet_plan(3, kRegions, "");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    const planner::PlanReview review = survey.review();
    EXPECT_TRUE(review.is_surveyed);
    EXPECT_EQ(checked_reasons(review), Reasons(6, Reason::absent));
    EXPECT_EQ(review.calls, 3U);
    EXPECT_TRUE(review.extras.empty());
}

TEST(Survey, reads_each_replica_state_in_its_own_region) {
    const planner::Plan plan = fleet_plan(7, {"eu-west-1"}, "");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    const std::vector<io::KeyState> states{io::KeyState::enabled,
                                           io::KeyState::creating,
                                           io::KeyState::updating,
                                           io::KeyState::pending_import,
                                           io::KeyState::pending_deletion,
                                           io::KeyState::disabled,
                                           io::KeyState::unavailable};
    for (std::size_t key = 0; key < states.size(); ++key) {
        const io::KeyArn& primary = plan.keys[key].primary;
        const io::KeyState made =
            states[key] == io::KeyState::creating ? states[key] : io::KeyState::enabled;
        ASSERT_TRUE(survey.model().add_replica(primary, region("eu-west-1"), made));
        if (made != states[key]) {
            ASSERT_TRUE(survey.model().set_state(primary.in(region("eu-west-1")), states[key]));
        }
    }
    const planner::PlanReview review = survey.review();
    EXPECT_EQ(checked_reasons(review),
              (Reasons{Reason::ready,
                       Reason::creating,
                       Reason::updating,
                       Reason::pending_import,
                       Reason::pending_deletion,
                       Reason::disabled,
                       Reason::unavailable}));
    EXPECT_EQ(review.calls, 14U) << "one DescribeKey per primary and one per replica";
    const io::KeyArn& primary = plan.keys[0].primary;
    const io::AccountRegion home(primary.account, primary.region);
    const io::AccountRegion away(primary.account, region("eu-west-1"));
    EXPECT_EQ(review.calls_by_quota,
              (std::vector<planner::QuotaCalls>{{away, io::KmsApi::describe_key, 7},
                                                {home, io::KmsApi::describe_key, 7}}));
}

TEST(Survey, reports_why_a_primary_cannot_be_replicated) {
    const planner::Plan plan = fleet_plan(4, {"eu-west-1"}, "");
    SurveyOfKms survey(plan);
    const std::vector<io::KeyState> states{
        io::KeyState::disabled, io::KeyState::pending_deletion, io::KeyState::pending_import};
    for (std::size_t key = 0; key < states.size(); ++key) {
        ASSERT_TRUE(survey.model().add_primary_key(plan.keys[key].primary));
        ASSERT_TRUE(survey.model().set_state(plan.keys[key].primary, states[key]));
    }
    EXPECT_EQ(checked_reasons(survey.review()),
              (Reasons{Reason::primary_disabled,
                       Reason::primary_pending_deletion,
                       Reason::primary_pending_import,
                       Reason::primary_absent}));
}

TEST(Survey, keeps_a_ready_replica_for_any_state_of_the_primary) {
    const planner::Plan plan = fleet_plan(1, kRegions, "");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    ASSERT_TRUE(survey.model().add_replica(plan.keys[0].primary, region("eu-west-1")));
    ASSERT_TRUE(survey.model().set_state(plan.keys[0].primary, io::KeyState::disabled));
    EXPECT_EQ(checked_reasons(survey.review()), (Reasons{Reason::primary_disabled, Reason::ready}));
}

TEST(Survey, recognizes_a_moved_primary) {
    const planner::Plan plan = fleet_plan(1, kRegions, "");
    SurveyOfKms survey(plan);
    const io::KeyArn moved = plan.keys[0].primary.in(region("eu-west-1"));
    ASSERT_TRUE(survey.model().add_primary_key(moved));
    ASSERT_TRUE(survey.model().add_replica(moved, plan.keys[0].primary.region));
    const planner::PlanReview review = survey.review();
    EXPECT_EQ(checked_reasons(review), (Reasons{Reason::primary_moved, Reason::ready}));
    EXPECT_EQ(review.moved_to.at(0), "eu-west-1");
    EXPECT_TRUE(review.extras.empty()) << "a primary is not an extra replica";
}

TEST(Survey, reports_unplanned_replicas_without_describing_them) {
    const planner::Plan plan = fleet_plan(2, {"eu-west-1"}, "");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    for (const char* name : {"us-west-2", "ca-central-1"}) {
        ASSERT_TRUE(survey.model().add_replica(plan.keys[1].primary, region(name)));
    }
    const planner::PlanReview review = survey.review();
    ASSERT_EQ(review.extras.size(), 2U);
    EXPECT_EQ(review.extras[0].key, 1U);
    EXPECT_EQ(review.extras[0].region, "ca-central-1");
    EXPECT_EQ(review.extras[1].region, "us-west-2");
    EXPECT_EQ(review.calls, 2U);
}

TEST(Survey, keeps_describe_quotas_through_throttles_and_lost_responses) {
    const planner::Plan plan =
        fleet_plan(400, kRegions, "[limits]\n[[limits.quota]]\nDescribeKey = 50\n");
    simulator::SimulatorSettings settings =
        with_faults("throttle=0.05,internal=0.05,lost=0.02,reset=0.02");
    SurveyOfKms survey(plan, settings);
    fill(survey.kms(), plan);
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(survey.model().add_replica(key.primary, region("eu-west-1")));
    }
    const planner::PlanReview review = survey.review();
    const Reasons found = checked_reasons(review);
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::absent), 400);
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::ready), 400);
    EXPECT_GE(survey.took_s, 400.0 / 40 - 1) << "80 % of 50 per second";
}

TEST(Survey, stops_calling_an_endpoint_that_never_responds) {
    const planner::Plan plan = fleet_plan(500, kRegions, "[wait]\npark_timeout = \"30s\"\n");
    SurveyOfKms survey(plan, with_faults("eu-west-1/down=1"));
    fill(survey.kms(), plan);
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(survey.model().add_replica(key.primary, region("eu-west-1")));
    }
    const Reasons found = checked_reasons(survey.review());
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::not_seen), 500);
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::absent), 500);
    EXPECT_LT(survey.took_s, 60);
}

TEST(Survey, waits_for_an_endpoint_that_is_down_for_minutes) {
    const planner::Plan plan = fleet_plan(500, kRegions, "");
    SurveyOfKms survey(plan, with_faults("us-east-1/down=1@0s..5m"));
    fill(survey.kms(), plan);
    const Reasons found = checked_reasons(survey.review());
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::absent), 1000);
    EXPECT_LT(survey.took_s, 6 * 60);
}

TEST(Survey, of_few_keys_waits_for_server_errors_to_pass) {
    const planner::Plan plan = fleet_plan(3, kRegions, "");
    SurveyOfKms survey(plan, with_faults("us-east-1/DescribeKey.internal=1@0s..30s"));
    fill(survey.kms(), plan);
    const Reasons found = checked_reasons(survey.review());
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::absent), 6);
    EXPECT_LT(survey.took_s, 90);
}

// The calls of an abandoned endpoint are ended in batches of a thousand.
TEST(Survey, ends_all_keys_of_an_endpoint_that_never_responds) {
    const planner::Plan plan = fleet_plan(3000, kRegions, "[wait]\npark_timeout = \"30s\"\n");
    SurveyOfKms survey(plan, with_faults("us-east-1/down=1"));
    fill(survey.kms(), plan);
    const Reasons found = checked_reasons(survey.review());
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::primary_unseen), 6000);
    EXPECT_LT(survey.took_s, 60);
}

TEST(Survey, survives_a_brief_reset_of_all_connections) {
    const planner::Plan plan = fleet_plan(2000, kRegions, "");
    SurveyOfKms survey(plan, with_faults("us-east-1/DescribeKey.reset=1@9000ms..9100ms"));
    fill(survey.kms(), plan);
    const Reasons found = checked_reasons(survey.review());
    EXPECT_EQ(std::count(found.begin(), found.end(), Reason::absent), 4000);
}

// In the plan, the keys of a Region with a small quota come first.
TEST(Survey, calls_each_region_at_the_rate_of_its_own_quota) {
    std::string spec = R"(
[fleet]
name = "test"
account = "111122223333"
[[limits.quota]]
region = "us-east-1"
DescribeKey = 10
[[limits.quota]]
region = "us-west-2"
DescribeKey = 1000
[[group]]
name = "all"
policy = "default"
replicate_to = ["eu-west-1"]
keys = [
)";
    for (int key = 0; key < 4000; ++key) {
        spec += fmt::format("  \"arn:aws:kms:{}:111122223333:key/mrk-{:032x}\",\n",
                            key < 2000 ? "us-east-1" : "us-west-2",
                            key + 1);
    }
    const planner::Plan plan = plan_from(spec + "]\n");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    survey.kms().quotas().set("111122223333", "us-west-2", io::KmsApi::describe_key, 1000);
    static_cast<void>(survey.review());
    double last_s = 0;
    for (const simulator::LedgerEntry& entry : survey.kms().ledger().entries()) {
        if (entry.region == "us-west-2") {
            last_s = std::chrono::duration<double>(entry.time - io::Moment{}).count();
        }
    }
    EXPECT_LT(last_s, 5) << "2,000 calls at 800 per second; the other Region takes 250 s";
}

/// A client without credentials for one account.
class WithoutCredentials final : public PassingClient {
  public:
    WithoutCredentials(io::KmsClient& client, std::string account)
        : PassingClient(client), account_(std::move(account)) {}

    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override {
        if (place.account.digits() == account_) {
            return refuse();
        }
        return PassingClient::describe_key(std::move(place), std::move(request));
    }

  private:
    static boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> refuse() {
        co_return io::CallFailure(
            io::Certainty::not_sent, io::KmsErrorCode::missing_authentication_token, "no role");
    }

    std::string account_;
};

/// Omits the primary from descriptions, as an emulator might.
class WithoutPrimaryKey final : public PassingClient {
  public:
    using PassingClient::PassingClient;

    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override {
        io::CallOutcome<io::DescribeKeyResult> outcome =
            co_await PassingClient::describe_key(std::move(place), std::move(request));
        std::get<io::CallSuccess<io::DescribeKeyResult>>(outcome)
            .result.key_metadata.multi_region_configuration->primary_key.reset();
        co_return outcome;
    }
};

TEST(Survey, does_not_infer_a_moved_primary_from_an_incomplete_response) {
    const planner::Plan plan = fleet_plan(1, kRegions, "");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    const planner::PlanReview review = survey.review(
        ReadContents::of_keys_to_replicate,
        [](io::KmsClient& client) { return std::make_unique<WithoutPrimaryKey>(client); });
    EXPECT_EQ(checked_reasons(review), Reasons(2, Reason::primary_unseen));
}

TEST(Survey, continues_without_the_accounts_whose_credentials_are_refused) {
    const planner::Plan plan = plan_from(R"(
[fleet]
name = "test"
primary = "us-east-1"
[[group]]
name = "all"
policy = "default"
replicate_to = ["eu-west-1"]
keys = ["arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000001",
        "arn:aws:kms:us-east-1:222233334444:key/mrk-00000000000000000000000000000002",
        "arn:aws:kms:us-east-1:333344445555:key/mrk-00000000000000000000000000000003"]
)");
    SurveyOfKms survey(plan);
    fill(survey.kms(), plan);
    const planner::PlanReview review =
        survey.review(ReadContents::of_keys_to_replicate, [](io::KmsClient& client) {
            return std::make_unique<WithoutCredentials>(client, "222233334444");
        });
    EXPECT_EQ(survey.refusal, "");
    EXPECT_EQ(checked_reasons(review),
              (Reasons{Reason::absent, Reason::no_credentials, Reason::absent}));
    ASSERT_EQ(review.refused_accounts.size(), 1U);
    EXPECT_EQ(review.refused_accounts.begin()->first.digits(), "222233334444");
    EXPECT_EQ(review.refused_accounts.begin()->second, "no role");
}

TEST(Survey, reports_denials_and_continues) {
    const planner::Plan plan = fleet_plan(3, kRegions, "");
    SurveyOfKms survey(plan, with_faults("us-east-1/DescribeKey.denied=1"));
    fill(survey.kms(), plan);
    EXPECT_EQ(checked_reasons(survey.review()), Reasons(6, Reason::primary_denied));
}

}  // namespace
}  // namespace keyferry::engine
