// What of a replica that exists differs from what the spec says of it.
#include "planner/replica_drift.hpp"

#include "planner/review_plan.hpp"
#include "planner/shared_text.hpp"
#include "spec_under_test.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace keyferry {
namespace {

constexpr const char* kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
    R"({"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]})";

KeyContent content(const std::string& policy,
                   const std::string& description,
                   const std::vector<Tag>& tags) {
    SharedTexts texts;
    KeyContent content;
    content.policy = texts.share(policy);
    content.description = description;
    content.tags = tags;
    return content;
}

std::uint8_t drift(const std::string& group_lines, const KeyContent& seen) {
    const Plan plan = plan_of(group_with(group_lines));
    return drift_of(plan, plan.jobs.at(0), seen);
}

const std::string kStated = std::string("policy = { inline = '") + kPolicy +
                            "' }\ndescription = \"ours\"\ntags = { team = \"cards\" }\n";

TEST(ReplicaDrift, IsNoneWhereTheReplicaIsAsTheSpecSays) {
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"team", "cards"}})), 0);
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"more", "x"}, {"team", "cards"}})), 0)
        << "others may tag it too";
}

TEST(ReplicaDrift, OfAPolicyIsWhatItSaysAndNotHow) {
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

TEST(ReplicaDrift, NamesEachPart) {
    EXPECT_EQ(drift(kStated, content(kPolicy, "theirs", {{"team", "cards"}})), sync_description);
    EXPECT_EQ(drift(kStated, content(kPolicy, "ours", {{"team", "pay"}})), sync_tags);
    EXPECT_EQ(drift(kStated, content(kPolicy, "", {})), sync_tags | sync_description);
    EXPECT_EQ(steps_text(sync_tags | sync_description), "tags, description");
}

TEST(ReplicaDrift, IsOfWhatTheSpecSaysAlone) {
    EXPECT_EQ(drift(kPolicyLine, content("{}", "anything", {{"a", "b"}})), 0);
    const Plan plan = plan_of(group_with(kPolicyLine));
    EXPECT_FALSE(stated_parts(plan, 0).any()) << "the default policy has no text of the spec's";
    EXPECT_TRUE(stated_parts(plan_of(group_with(kStated)), 0).policy);
    EXPECT_TRUE(stated_parts(plan_of(group_with("policy = \"copy\"\ntags = \"copy\"\n")), 0).tags);
}

TEST(ReplicaDrift, ComparesWithThePrimaryWhereTheSpecCopies) {
    Plan plan = plan_of(group_with("policy = \"copy\"\ndescription = \"copy\"\ntags = \"copy\"\n"));
    const KeyContent primarys = content(kPolicy, "the primary's", {{"team", "cards"}});
    EXPECT_EQ(drift_of(plan, plan.jobs[0], primarys), 0) << "nothing is known to compare with";
    take_contents(plan, {{0, primarys}});
    EXPECT_EQ(drift_of(plan, plan.jobs[0], primarys), 0);
    EXPECT_EQ(drift_of(plan, plan.jobs[0], content("{}", "", {})),
              sync_policy | sync_tags | sync_description);
}

TEST(ReplicaDrift, IsFoundInReplicasThatAreReadyOnly) {
    const Plan plan = plan_of(group_with(kStated));
    Inventory inventory;
    inventory.regions = {"eu-west-1", "us-east-1"};
    SeenKey key;
    key.look = Look::seen;
    key.state = KeyState::enabled;
    key.is_multi_region = true;
    key.primary_region = 1;
    SeenReplica replica;
    replica.look = Look::seen;
    replica.state = KeyState::enabled;
    key.related = {replica};
    inventory.keys = {key};
    inventory.replicas.emplace(
        0U, ReplicaContent{content(kPolicy, "theirs", {{"team", "cards"}}), Look::seen});
    PlanReview review = review_plan(plan, inventory);
    EXPECT_EQ(review.verdicts.at(0),
              (JobVerdict{JobAction::sync, ActionReason::differs, sync_description}));
    inventory.keys[0].related[0].state = KeyState::disabled;
    review = review_plan(plan, inventory);
    EXPECT_EQ(review.verdicts.at(0).action, JobAction::conflict);
}

}  // namespace
}  // namespace keyferry
