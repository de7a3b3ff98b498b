// SPDX-License-Identifier: Apache-2.0
// Differences between existing replicas and the spec.
#include "planner/review/replica_drift.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "planner/text/shared_text.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

constexpr const char* kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
    R"({"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]})";

KeyContent content(const std::string& policy,
                   const std::string& description,
                   const std::vector<io::Tag>& tags) {
    SharedTexts texts;
    KeyContent content;
    content.policy = texts.share(policy);
    content.description = description;
    content.tags = tags;
    return content;
}

ReplicaContent replica_with(KeyContent content) {
    ReplicaContent replica;
    replica.content = std::move(content);
    return replica;
}

std::uint8_t drift(const Plan& plan, KeyContent seen) {
    return drift_of(plan, plan.jobs.at(0), Inventory(), replica_with(std::move(seen)));
}

std::uint8_t drift(const std::string& group_lines, KeyContent seen) {
    return drift(plan_of(group_with(group_lines)), std::move(seen));
}

const std::string kStated = std::string("policy = { inline = '") + kPolicy +
                            "' }\ndescription = \"ours\"\ntags = { team = \"cards\" }\n";

TEST(ReplicaDrift, is_none_if_replica_matches_spec) {
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"team", "cards"}})), 0);
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"more", "x"}, {"team", "cards"}})), 0)
        << "additional tags are allowed";
}

TEST(ReplicaDrift, compares_policies_by_meaning) {
    const std::string reordered =
        R"({"Statement": [{"Resource": ["*"], "Action": "kms:*", "Principal":)"
        R"( {"AWS": "arn:aws:iam::111122223333:root"}, "Effect": "Allow"}], "Version": "2012-10-17"})";
    const std::string same =
        R"({"Statement": [{"Resource": "*", "Action": "kms:*", "Principal":)"
        R"( {"AWS": "arn:aws:iam::111122223333:root"}, "Effect": "Allow"}], "Version": "2012-10-17"})";
    EXPECT_EQ(drift(kStated, content(same, "ours", {{"team", "cards"}})), 0);
    EXPECT_EQ(
        drift(kStated,
              content(R"({"Version":"2012-10-17","Statement":[]})", "ours", {{"team", "cards"}})),
        sync_policy);
}

TEST(ReplicaDrift, names_each_part) {
    EXPECT_EQ(drift(kStated, content(kPolicy, "theirs", {{"team", "cards"}})), sync_description);
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"team", "pay"}})), sync_tags);
    EXPECT_EQ(drift(kStated, content(kPolicy, "", {})), sync_tags | sync_description);
    EXPECT_EQ(steps_text(sync_tags | sync_description), "tags, description");
}

TEST(ReplicaDrift, covers_only_parts_set_by_spec) {
    EXPECT_EQ(drift(kPolicyLine, content("{}", "anything", {{"a", "b"}})), 0);
    const Plan plan = plan_of(group_with(kPolicyLine));
    EXPECT_FALSE(stated_parts(plan, 0).any()) << "the default policy has no text in the spec";
    EXPECT_TRUE(stated_parts(plan_of(group_with(kStated)), 0).policy);
    EXPECT_TRUE(stated_parts(plan_of(group_with("policy = \"copy\"\ntags = \"copy\"\n")), 0).tags);
}

TEST(ReplicaDrift, compares_copied_parts_with_primary) {
    Plan plan = plan_of(group_with("policy = \"copy\"\ndescription = \"copy\"\ntags = \"copy\"\n"));
    const KeyContent primarys = content(kPolicy, "the primary's", {{"team", "cards"}});
    EXPECT_EQ(drift(plan, primarys), 0) << "the primary's values are unknown";
    set_contents(plan, {{0, primarys}});
    EXPECT_EQ(drift(plan, primarys), 0);
    EXPECT_EQ(drift(plan, content("{}", "", {})), sync_policy | sync_tags | sync_description);
}

ReplicaContent replica_with_aliases(std::vector<std::string> names) {
    ReplicaContent replica;
    replica.aliases = std::move(names);
    replica.are_aliases_read = true;
    return replica;
}

TEST(ReplicaDrift, detects_missing_aliases) {
    const Plan plan =
        plan_of(group_with(std::string(kPolicyLine) +
                           "aliases = [\"alias/{region}/{account}-{key_id}\", \"alias/plain\"]\n"));
    const Job& job = plan.jobs.at(0);
    const std::string filled = "alias/eu-west-1/111122223333-" + plan.keys[0].primary.key_id.text();
    EXPECT_EQ(wanted_aliases(plan, job, Inventory()),
              (std::vector<std::string>{filled, "alias/plain"}));
    const ReplicaContent has_other = replica_with_aliases({"alias/other", "alias/plain"});
    EXPECT_EQ(missing_aliases(plan, job, Inventory(), has_other), std::vector{filled});
    EXPECT_EQ(drift_of(plan, job, Inventory(), has_other), sync_aliases);
    EXPECT_EQ(
        drift_of(
            plan, job, Inventory(), replica_with_aliases({filled, "alias/other", "alias/plain"})),
        0)
        << "additional aliases are allowed";
    EXPECT_EQ(drift_of(plan, job, Inventory(), ReplicaContent()), 0) << "aliases were not read";
}

TEST(ReplicaDrift, detects_missing_copied_aliases) {
    const Plan plan = plan_of(group_with(std::string(kPolicyLine) + "aliases = \"copy\"\n"));
    const Job& job = plan.jobs.at(0);
    Inventory inventory;
    EXPECT_EQ(wanted_aliases(plan, job, inventory), std::nullopt)
        << "the primary's aliases are unknown";
    EXPECT_EQ(drift_of(plan, job, inventory, replica_with_aliases({})), 0);
    inventory.aliases[job.key] = {"alias/a", "alias/b"};
    EXPECT_EQ(missing_aliases(plan, job, inventory, replica_with_aliases({"alias/b"})),
              std::vector<std::string>{"alias/a"});
}

TEST(ReplicaDrift, finds_aliases_shared_by_keys) {
    Plan plan = plan_of(group_with(kPolicyLine + "aliases = \"copy\"\n"));
    Plan two = plan;
    two.keys.push_back(two.keys[0]);
    two.jobs.push_back(Job{1, 0});
    Inventory inventory;
    inventory.aliases[0] = {"alias/a", "alias/b"};
    inventory.aliases[1] = {"alias/b", "alias/c"};
    EXPECT_TRUE(shared_aliases(plan, inventory).empty());
    const auto shared = shared_aliases(two, inventory);
    ASSERT_EQ(shared.size(), 1U);
    EXPECT_EQ(shared.begin()->second, "alias/b");
}

TEST(ReplicaDrift, lists_each_alias_once) {
    const Plan plan = plan_of(
        group_with(kPolicyLine + "aliases = [\"alias/app-{region}\", \"alias/app-eu-west-1\"]\n"));
    EXPECT_EQ(wanted_aliases(plan, plan.jobs.at(0), Inventory()),
              std::vector<std::string>{"alias/app-eu-west-1"});
}

TEST(ReplicaDrift, lists_missing_tags) {
    const Plan plan = plan_of(
        group_with(std::string(kPolicyLine) + "tags = { env = \"prod\", team = \"cards\" }\n"));
    EXPECT_EQ(missing_tags(plan, plan.jobs.at(0), content("", "", {{"team", "cards"}, {"x", "y"}})),
              (std::vector<io::Tag>{{"env", "prod"}}));
    EXPECT_EQ(missing_tags(plan, plan.jobs.at(0), content("", "", {{"env", "dev"}})),
              (std::vector<io::Tag>{{"env", "prod"}, {"team", "cards"}}));
}

TEST(ReplicaDrift, is_reported_only_for_ready_replicas) {
    const Plan plan = plan_of(group_with(kStated));
    Inventory inventory;
    inventory.regions = {"eu-west-1", "us-east-1"};
    InventoryKey key;
    key.lookup = LookupStatus::found;
    key.state = io::KeyState::enabled;
    key.is_multi_region = true;
    key.primary_region = 1;
    InventoryReplica replica;
    replica.lookup = LookupStatus::found;
    replica.state = io::KeyState::enabled;
    key.related = {replica};
    inventory.keys = {key};
    inventory.replicas.emplace(0U, replica_with(content(kPolicy, "theirs", {{"team", "cards"}})));
    PlanReview review = compare_with_inventory(plan, inventory);
    EXPECT_EQ(review.verdicts.at(0),
              (JobVerdict{JobAction::sync, ActionReason::differs, sync_description}));
    inventory.keys[0].related[0].state = io::KeyState::disabled;
    review = compare_with_inventory(plan, inventory);
    EXPECT_EQ(review.verdicts.at(0).action, JobAction::unusable);
}

}  // namespace
}  // namespace keyferry::planner
