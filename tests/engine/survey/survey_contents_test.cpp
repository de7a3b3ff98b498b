// SPDX-License-Identifier: Apache-2.0
// Surveys that read the parts of keys that KMS does not copy to replicas.
#include "planner/review/replica_drift.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/survey/survey_of_kms.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

planner::CopiedParts parts(bool policy, bool description, bool tags) {
    planner::CopiedParts parts;
    parts.policy = policy;
    parts.description = description;
    parts.tags = tags;
    return parts;
}

/// A plan to replicate `keys` keys to kRegions, including the parts in `copied`.
planner::Plan copying_plan(int keys, const planner::CopiedParts& copied) {
    planner::Plan plan = fleet_plan(keys, kRegions, "");
    plan.groups[0].parameters.copied = copied;
    planner::set_contents(plan, {});
    return plan;
}

simulator::SeededKey seeded(int number) {
    simulator::SeededKey key;
    key.policy = R"({"Version":"2012-10-17", "Statement":[]})";
    key.description = fmt::format("key {}", number);
    key.tags = {io::Tag("team", "cards"),
                io::Tag("aws:service", "x"),
                io::Tag("number", std::to_string(number))};
    return key;
}

/// Creates the plan's primaries in the simulator, each with content to copy.
void fill_with_contents(simulator::SimulatedKms& kms, const planner::Plan& plan) {
    int number = 0;
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(kms.model().add_primary_key(key.primary, seeded(++number)));
    }
}

io::Region eu_west() {
    return io::Region::parse("eu-west-1").value();
}

/// Passes all calls on except ListResourceTags, for which the test scripts the response.
class TagListing final : public PassingClient {
  public:
    using CallFeedback =
        std::function<io::ListResourceTagsResult(const io::ListResourceTagsRequest&)>;
    TagListing(io::KmsClient& client, CallFeedback answer)
        : PassingClient(client), answer_(std::move(answer)) {}

    boost::asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> list_resource_tags(
        io::AccountRegion /*place*/, io::ListResourceTagsRequest request) override {
        io::CallSuccess<io::ListResourceTagsResult> success(answer_(request));
        co_return io::CallOutcome<io::ListResourceTagsResult>(std::move(success));
    }

  private:
    CallFeedback answer_;
};

SurveyOfKms::Wrap listing_tags(TagListing::CallFeedback answer) {
    return [answer = std::move(answer)](io::KmsClient& client) -> std::unique_ptr<io::KmsClient> {
        return std::make_unique<TagListing>(client, answer);
    };
}

std::vector<planner::ActionReason> reasons(const planner::PlanReview& review) {
    std::vector<planner::ActionReason> found;
    for (const planner::JobVerdict& verdict : review.verdicts) {
        found.push_back(verdict.reason);
    }
    return found;
}

using Reasons = std::vector<planner::ActionReason>;

TEST(SurveyedContents, of_replicas_are_compared_with_stated_values_if_their_primary_is_silent) {
    planner::Plan plan = fleet_plan(2, kRegions, "");
    plan.groups[0].parameters.description = "ours";
    SurveyOfKms survey(plan, with_faults("us-east-1/DescribeKey.down=1"));
    fill_with_contents(survey.kms(), plan);
    ASSERT_TRUE(survey.model().add_replica(
        plan.keys[0].primary, eu_west(), io::KeyState::enabled, simulator::SimulatedTime{}));
    ASSERT_TRUE(
        survey.model().set_state(plan.keys[0].primary.in(eu_west()), io::KeyState::disabled));
    const auto review_with = [&](planner::EnabledSpec enabled) {
        plan.groups[0].parameters.enabled = enabled;
        return survey.review(ReadContents::of_keys_and_replicas);
    };
    using planner::ActionReason;
    const planner::PlanReview enabled = review_with(planner::EnabledSpec::yes);
    EXPECT_EQ(reasons(enabled),
              (Reasons{ActionReason::primary_unseen,
                       ActionReason::disabled,
                       ActionReason::primary_unseen,
                       ActionReason::primary_unseen}));
    EXPECT_EQ(enabled.verdicts[1].steps, planner::sync_enabled | planner::sync_description);
    EXPECT_FALSE(enabled.verdicts[1].wants_disabled);
    const planner::PlanReview disabled = review_with(planner::EnabledSpec::no);
    EXPECT_EQ(disabled.verdicts[1].reason, ActionReason::differs);
    EXPECT_EQ(disabled.verdicts[1].steps, planner::sync_description);
    EXPECT_EQ(reasons(review_with(planner::EnabledSpec::copied)),
              Reasons(4, ActionReason::primary_unseen))
        << "the state to copy is unknown";
    EXPECT_EQ(reasons(survey.review()), Reasons(4, ActionReason::primary_unseen));
}

TEST(SurveyedContents, match_the_primary_except_for_aws_tags) {
    const planner::Plan plan = copying_plan(2, parts(true, true, true));
    SurveyOfKms survey(plan);
    fill_with_contents(survey.kms(), plan);
    const planner::PlanReview review = survey.review();
    EXPECT_EQ(reasons(review), Reasons(4, planner::ActionReason::absent));
    ASSERT_EQ(survey.inventory.contents.size(), 2U);
    const planner::KeyContent& second = survey.inventory.contents.at(1);
    EXPECT_EQ(*second.policy, R"({"Statement":[],"Version":"2012-10-17"})");
    EXPECT_EQ(second.description, "key 2");
    EXPECT_THAT(*second.tags, ElementsAre(io::Tag("number", "2"), io::Tag("team", "cards")));
    EXPECT_EQ(second.policy, survey.inventory.contents.at(0).policy) << "the policy is stored once";
    EXPECT_EQ(review.calls, 6U) << "DescribeKey, GetKeyPolicy and ListResourceTags for each key";
}

TEST(SurveyedContents, are_limited_to_the_parts_that_the_plan_copies) {
    for (const auto& [copied, calls] : {std::pair(parts(false, false, false), 1U),
                                        std::pair(parts(true, false, false), 2U),
                                        std::pair(parts(false, true, false), 1U),
                                        std::pair(parts(false, false, true), 2U)}) {
        const planner::Plan plan = copying_plan(1, copied);
        SurveyOfKms survey(plan);
        fill_with_contents(survey.kms(), plan);
        EXPECT_EQ(survey.review().calls, calls);
        ASSERT_EQ(survey.inventory.contents.size(), copied.any() ? 1U : 0U);
        if (copied.any()) {
            EXPECT_EQ(survey.inventory.contents.at(0).parts(), copied);
        }
    }
}

TEST(SurveyedContents, are_read_only_for_keys_without_a_replica_by_default) {
    const planner::Plan plan = copying_plan(3, parts(true, false, false));
    SurveyOfKms survey(plan);
    fill_with_contents(survey.kms(), plan);
    for (const io::Region& region : plan.regions) {
        ASSERT_TRUE(survey.model().add_replica(plan.keys[0].primary, region));
    }
    ASSERT_TRUE(survey.model().add_replica(plan.keys[1].primary, eu_west()));
    ASSERT_TRUE(survey.model().set_state(plan.keys[2].primary, io::KeyState::disabled));
    survey.review();
    EXPECT_EQ(survey.inventory.contents.size(), 1U);
    EXPECT_TRUE(survey.inventory.contents.contains(1));
    survey.review(ReadContents::of_all_keys);
    EXPECT_EQ(survey.inventory.contents.size(), 3U);
}

TEST(SurveyedContents, of_a_moved_primary_are_not_read) {
    const planner::Plan plan = copying_plan(1, parts(true, true, true));
    SurveyOfKms survey(plan);
    const io::KeyArn moved = plan.keys[0].primary.in(eu_west());
    ASSERT_TRUE(survey.model().add_primary_key(moved));
    ASSERT_TRUE(survey.model().add_replica(moved, plan.keys[0].primary.region));
    survey.review(ReadContents::of_all_keys);
    EXPECT_THAT(survey.inventory.contents, IsEmpty());
}

TEST(SurveyedContents, that_are_denied_block_the_key_and_name_the_permission) {
    const planner::Plan plan = copying_plan(1, parts(true, true, true));
    for (const auto& [fault, reason] :
         {std::pair("GetKeyPolicy.denied=1", planner::ActionReason::policy_denied),
          std::pair("ListResourceTags.denied=1", planner::ActionReason::tags_denied),
          std::pair("GetKeyPolicy.internal=1", planner::ActionReason::content_unseen),
          std::pair("ListResourceTags.lost=1", planner::ActionReason::content_unseen)}) {
        SurveyOfKms survey(plan, with_faults(fault));
        fill_with_contents(survey.kms(), plan);
        EXPECT_EQ(reasons(survey.review()), Reasons(2, reason)) << fault;
        EXPECT_THAT(survey.inventory.contents, IsEmpty());
        EXPECT_EQ(planner::action_of(reason), planner::JobAction::blocked);
    }
}

TEST(SurveyedContents, are_read_through_throttles_and_lost_responses) {
    const planner::Plan plan = copying_plan(300, parts(true, true, true));
    SurveyOfKms survey(plan, with_faults("throttle=0.05,internal=0.05,lost=0.02,reset=0.02"));
    fill_with_contents(survey.kms(), plan);
    EXPECT_EQ(reasons(survey.review()), Reasons(600, planner::ActionReason::absent));
    EXPECT_EQ(survey.inventory.contents.size(), 300U);
}

TEST(SurveyedContents, include_the_tags_of_all_pages) {
    const planner::Plan plan = copying_plan(1, parts(false, false, true));
    SurveyOfKms survey(plan);
    fill_with_contents(survey.kms(), plan);
    survey.review(ReadContents::of_keys_to_replicate,
                  listing_tags([](const io::ListResourceTagsRequest& request) {
                      EXPECT_EQ(request.limit, 50);
                      io::ListResourceTagsResult page;
                      const int number = request.marker ? std::stoi(*request.marker) : 0;
                      page.tags = {io::Tag(std::to_string(number), "")};
                      page.truncated = number < 2;
                      if (page.truncated) {
                          page.next_marker = std::to_string(number + 1);
                      }
                      return page;
                  }));
    EXPECT_THAT(*survey.inventory.contents.at(0).tags,
                ElementsAre(io::Tag("0", ""), io::Tag("1", ""), io::Tag("2", "")));
}

TEST(SurveyedContents, include_aliases_when_replicas_are_compared) {
    planner::Plan plan = fleet_plan(1, {"eu-west-1"}, "");
    plan.groups[0].parameters.aliases.copied = true;
    const io::KeyArn& primary = plan.keys[0].primary;
    const io::AccountRegion home(primary.account, primary.region);
    const io::AccountRegion abroad(primary.account, eu_west());
    SurveyOfKms survey(plan);
    ASSERT_TRUE(survey.model().add_primary_key(primary, simulator::SeededKey()));
    ASSERT_TRUE(survey.model().add_replica(primary, eu_west()));
    for (const char* name : {"alias/orders", "alias/cards"}) {
        ASSERT_TRUE(survey.model().add_alias(home, name, primary));
    }
    ASSERT_TRUE(survey.model().add_alias(abroad, "alias/cards", primary.in(eu_west())));
    EXPECT_EQ(survey.review(ReadContents::of_all_keys).calls, 2U) << "nothing is compared";
    const planner::PlanReview review = survey.review(ReadContents::of_keys_and_replicas);
    EXPECT_EQ(review.calls, 4U) << "one additional ListAliases for each";
    EXPECT_EQ(
        review.verdicts.at(0),
        (planner::JobVerdict{
            planner::JobAction::sync, planner::ActionReason::differs, planner::sync_aliases}));
    EXPECT_THAT(survey.inventory.aliases.at(0), ElementsAre("alias/cards", "alias/orders"));
    EXPECT_THAT(planner::missing_aliases(
                    plan, plan.jobs[0], survey.inventory, survey.inventory.replicas.at(0)),
                ElementsAre("alias/orders"));
}

TEST(SurveyedContents, of_a_primary_moved_to_a_planned_region_are_not_compared) {
    planner::Plan plan = fleet_plan(1, {"eu-west-1"}, "");
    plan.groups[0].parameters.description = "the replica's";
    const io::KeyArn& primary = plan.keys[0].primary;
    SurveyOfKms survey(plan);
    ASSERT_TRUE(survey.model().add_primary_key(primary, simulator::SeededKey()));
    ASSERT_TRUE(survey.model().add_replica(primary, eu_west()));
    EXPECT_EQ(survey.review(ReadContents::of_keys_and_replicas).verdicts.at(0).steps,
              planner::sync_description);
    ASSERT_TRUE(survey.model().move_primary(primary, eu_west()));
    const planner::PlanReview review = survey.review(ReadContents::of_keys_and_replicas);
    EXPECT_EQ(review.verdicts.at(0).steps, 0)
        << "the key there is now the primary, with its own description";
    EXPECT_FALSE(planner::is_compared({plan, review}, survey.inventory, 0));
    EXPECT_TRUE(survey.inventory.replicas.empty());
}

TEST(SurveyedContents, of_an_endless_list_are_rejected) {
    const planner::Plan plan = copying_plan(1, parts(false, false, true));
    int pages = 0;
    const auto without_end = [&pages](bool repeats, bool has_marker) {
        return listing_tags([&pages, repeats, has_marker](const io::ListResourceTagsRequest&) {
            ++pages;
            io::ListResourceTagsResult page;
            page.truncated = true;
            if (has_marker) {
                page.next_marker = repeats ? "again" : std::to_string(pages);
            }
            return page;
        });
    };
    for (const auto& [wrap, pages_max] : {std::pair(without_end(true, true), 2),
                                          std::pair(without_end(false, true), 10),
                                          std::pair(without_end(false, false), 1)}) {
        pages = 0;
        SurveyOfKms survey(plan);
        fill_with_contents(survey.kms(), plan);
        EXPECT_EQ(reasons(survey.review(ReadContents::of_keys_to_replicate, wrap)),
                  Reasons(2, planner::ActionReason::content_unseen));
        EXPECT_EQ(pages, pages_max);
    }
}

}  // namespace
}  // namespace keyferry::engine
