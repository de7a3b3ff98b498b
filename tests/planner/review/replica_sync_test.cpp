// SPDX-License-Identifier: Apache-2.0
// The changes of a sync.
#include "planner/review/replica_sync.hpp"

#include "planner/text/shared_text.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint8_t kAllParts = sync_policy | sync_tags | sync_description | sync_aliases;
const std::string kWanted =
    R"({"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":"*","Resource":"*"}]})";
const std::string kSpec = group_with("policy = { inline = '" + kWanted + R"(' }
bypass_policy_lockout_safety_check = true
description = "ours"
tags = { cost = "1", team = "cards" }
aliases = ["alias/new", "alias/existing"]
)");

/// A replica that differs in every part.
class OneReplica {
  public:
    OneReplica() {
        reviewed_.plan = plan_of(kSpec);
        ReplicaContent seen;
        SharedTexts texts;
        seen.content.policy = texts.share("{\"Statement\":[]}");
        seen.content.description = "theirs\n";
        seen.content.tags = std::vector<io::Tag>{{"cost", "2"}, {"other", "x"}};
        seen.aliases = {"alias/existing"};
        seen.are_aliases_read = true;
        inventory_.replicas.emplace(0U, std::move(seen));
        reviewed_.review.verdicts = {JobVerdict{JobAction::sync, ActionReason::differs, kAllParts}};
    }

    std::vector<ReplicaChange> changes(std::uint8_t parts = kAllParts) const {
        SharedTexts texts;
        return replica_changes(reviewed_, inventory_, 0, parts, texts);
    }

    const Plan& plan() const { return reviewed_.plan; }

  private:
    Inventory inventory_;
    ReviewedPlan reviewed_;
};

TEST(ReplicaSync, has_new_and_previous_values_and_ends_with_the_policy) {
    const std::vector<ReplicaChange> changes = OneReplica().changes();
    ASSERT_EQ(changes.size(), 4U);
    EXPECT_EQ(changes[0].action, io::KmsApi::update_key_description);
    EXPECT_EQ(*changes[0].from, "theirs\n");
    EXPECT_EQ(*changes[0].to, "ours");
    EXPECT_EQ(changes[1].action, io::KmsApi::tag_resource);
    EXPECT_THAT(changes[1].tags,
                ElementsAre(TagChange("cost", "2", "1"), TagChange("team", std::nullopt, "cards")));
    EXPECT_EQ(changes[2].action, io::KmsApi::create_alias);
    EXPECT_EQ(changes[2].alias, "alias/new") << "not the existing alias";
    EXPECT_EQ(changes[3].action, io::KmsApi::put_key_policy);
    EXPECT_EQ(*changes[3].to, kWanted);
    EXPECT_EQ(changes[3].bypass_policy_lockout_safety_check, true);
    for (const ReplicaChange& change : changes) {
        EXPECT_EQ(change.replica, replica_arn(OneReplica().plan(), OneReplica().plan().jobs[0]));
    }
}

TEST(ReplicaSync, has_only_requested_parts) {
    const std::vector<ReplicaChange> aliases = OneReplica().changes(sync_aliases);
    ASSERT_EQ(aliases.size(), 1U);
    EXPECT_EQ(aliases[0].alias, "alias/new");
    EXPECT_EQ(OneReplica().changes(sync_policy | sync_tags).size(), 2U);
}

TEST(ReplicaSync, includes_only_replicas_that_differ_in_requested_parts) {
    PlanReview review;
    review.verdicts.resize(3);
    review.verdicts[0].steps = sync_tags;
    review.verdicts[2].steps = sync_policy | sync_tags;
    EXPECT_THAT(jobs_to_sync(review, kAllParts), ElementsAre(0U, 2U));
    EXPECT_THAT(jobs_to_sync(review, sync_policy), ElementsAre(2U));
    EXPECT_THAT(jobs_to_sync(review, sync_aliases), IsEmpty());
}

}  // namespace
}  // namespace keyferry::planner
