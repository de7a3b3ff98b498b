// SPDX-License-Identifier: Apache-2.0
// The changes of a sync, and their record.
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
        ReplicaContent seen;
        SharedTexts texts;
        seen.content.policy = texts.share("{\"Statement\":[]}");
        seen.content.description = "theirs\n";
        seen.content.tags = std::vector<io::Tag>{{"cost", "2"}, {"other", "x"}};
        seen.aliases = {"alias/existing"};
        seen.are_aliases_read = true;
        inventory_.replicas.emplace(0U, std::move(seen));
        review_.verdicts = {JobVerdict{JobAction::sync, ActionReason::differs, kAllParts}};
    }

    ReplicaSync sync(std::uint8_t parts = kAllParts) const {
        return replica_sync(plan, inventory_, review_, 0, parts);
    }

    const Plan plan = plan_of(kSpec);

  private:
    Inventory inventory_;
    PlanReview review_;
};

TEST(ReplicaSync, has_new_and_current_values) {
    const ReplicaSync sync = OneReplica().sync();
    EXPECT_EQ(sync.description, "ours");
    EXPECT_EQ(sync.description_now, "theirs\n");
    EXPECT_THAT(sync.tags, ElementsAre(io::Tag("cost", "1"), io::Tag("team", "cards")));
    EXPECT_THAT(sync.aliases, ElementsAre("alias/new")) << "not the existing alias";
    EXPECT_EQ(sync.policy, kWanted);
    EXPECT_EQ(sync.bypass_policy_lockout_safety_check, true);
    EXPECT_EQ(sync.calls(), 4U);
}

TEST(ReplicaSync, has_only_requested_parts) {
    const ReplicaSync aliases = OneReplica().sync(sync_aliases);
    EXPECT_EQ(aliases.calls(), 1U);
    EXPECT_FALSE(aliases.policy || aliases.description);
    EXPECT_THAT(aliases.tags, IsEmpty());
    EXPECT_EQ(OneReplica().sync(sync_policy | sync_tags).calls(), 2U);
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

TEST(ReplicaSync, record_has_previous_values) {
    const OneReplica one;
    std::string record;
    write_sync_record(
        one.plan, {one.sync()}, "keyferry x", "2026-11-24T18:00:00.000Z", [&](auto piece) {
            record += piece;
        });
    EXPECT_EQ(
        record,
        R"({"format":"keyferry-sync","version":1,"tool":"keyferry x","made":"2026-11-24T18:00:00.000Z",)"
        R"("fleet":"test","replicas":1})"
        "\n"
        R"({"key":"arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",)"
        R"("description":{"from":"theirs\n","to":"ours"},)"
        R"("tags":[{"key":"cost","from":"2","to":"1"},{"key":"team","from":null,"to":"cards"}],)"
        R"("aliases":["alias/new"],)"
        R"("policy":{"from":"{\"Statement\":[]}","to":"{\"Statement\":[{\"Action\":\"kms:*\",)"
        R"(\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\"}]}"}})"
        "\n"
        R"({"end":true})"
        "\n");
}

TEST(ReplicaSync, text_escapes_control_characters) {
    const OneReplica one;
    EXPECT_EQ(sync_text(one.plan, one.sync()),
              "mrk-1234abcd12ab34cd56ef1234567890ab in eu-west-1\n"
              "  description  'theirs\\x0a' -> 'ours'\n"
              "  tag          'cost': '2' -> '1'\n"
              "  tag          'team': none -> 'cards'\n"
              "  alias        'alias/new'\n"
              "  policy       16 -> 82 bytes\n");
}

}  // namespace
}  // namespace keyferry::planner
