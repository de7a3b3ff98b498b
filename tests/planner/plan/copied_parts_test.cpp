// SPDX-License-Identifier: Apache-2.0
// Copied policies, descriptions and tags: how a spec declares them, and how they complete a plan
// once they have been read from KMS.
#include "planner/plan/content_changes.hpp"
#include "planner/policy/canonical_policy.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/plan_filter.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kAllCopied = "policy = \"copy\"\ndescription = \"copy\"\ntags = \"copy\"\n";

const std::string kTwoKeys = R"([fleet]
name = "test"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "orders"
keys = ["mrk-00000000000000000000000000000001", "mrk-00000000000000000000000000000002"]
replicate_to = ["eu-west-1"]
)" + kAllCopied;

KeyContent content(const std::string& policy, const std::string& description) {
    KeyContent content;
    content.policy = std::make_shared<const std::string>(policy);
    content.description = description;
    content.tags = {io::Tag("team", "orders")};
    return content;
}

/// The plan of kTwoKeys after the survey.
Plan surveyed_plan(const std::string& policy = "{}") {
    Plan plan = plan_of(kTwoKeys);
    set_contents(plan, {{0, content(policy, "one")}, {1, content(policy, "two")}});
    return plan;
}

TEST(CopiedParts, are_set_individually) {
    CopiedParts policy;
    policy.policy = true;
    CopiedParts all = policy;
    all.description = true;
    all.tags = true;
    EXPECT_EQ(plan_of(group_with(kPolicyLine)).groups[0].parameters.copied, CopiedParts());
    EXPECT_EQ(plan_of(group_with("policy = \"copy\"\n")).groups[0].parameters.copied, policy);
    EXPECT_EQ(plan_of(group_with(kAllCopied)).groups[0].parameters.copied, all);
}

TEST(CopiedParts, misspelled_are_rejected_or_warned_about) {
    EXPECT_THAT(diagnostics(group_with("policy = \"cpoy\"\n")),
                ElementsAre(HasSubstr("9:10: 'cpoy' is not a policy (did you mean 'copy'?); write "
                                      "policy = \"default\", \"copy\", {")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "tags = \"Copy\"\n")),
                ElementsAre(HasSubstr(
                    "10:8: 'Copy' is not a table of tags (did you mean 'copy'?); write tags "
                    "= { key = \"value\" } or, to copy those of each primary, tags = \"copy\"")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "tags = true\n")),
                ElementsAre(HasSubstr("10:8: ")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "description = \" COPY\"\n")),
                ElementsAre(HasSubstr("10:15: warning: ' COPY' is sent literally")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "description = \"copy of orders\"\n")),
                IsEmpty());
}

TEST(CopiedParts, are_missing_before_survey) {
    EXPECT_FALSE(lacks_contents(plan_of(group_with(kPolicyLine))));
    EXPECT_TRUE(lacks_contents(plan_of(kTwoKeys)));
    Plan half = plan_of(kTwoKeys);
    set_contents(half, {{0, content("{}", "one")}});
    EXPECT_TRUE(lacks_contents(half));
    EXPECT_FALSE(lacks_contents(surveyed_plan()));
}

TEST(CopiedParts, are_sent_for_each_key) {
    const Plan plan = surveyed_plan(R"({"Id":"x"})");
    const io::ReplicateKeyRequest first = replicate_request(plan, plan.jobs[0]);
    EXPECT_EQ(first.policy, R"({"Id":"x"})");
    EXPECT_EQ(first.description, "one");
    EXPECT_THAT(first.tags, ElementsAre(io::Tag("team", "orders")));
    EXPECT_EQ(replicate_request(plan, plan.jobs[1]).description, "two");
    EXPECT_EQ(request_without_contents(plan, plan.jobs[1]).description, std::nullopt);
}

TEST(CopiedParts, combine_with_parameters_of_spec) {
    Plan plan = plan_of(group_with(kPolicyLine + "description = \"copy\"\ntags = { a = \"b\" }\n"));
    KeyContent known;
    known.description = "";
    set_contents(plan, {{0, known}});
    const io::ReplicateKeyRequest request = replicate_request(plan, plan.jobs[0]);
    EXPECT_EQ(request.policy, std::nullopt);
    EXPECT_EQ(request.description, "");
    EXPECT_THAT(request.tags, ElementsAre(io::Tag("a", "b")));
}

TEST(CopiedParts, change_plan_identity) {
    const std::string unknown = plan_of(kTwoKeys).sha256;
    const std::string known = surveyed_plan().sha256;
    EXPECT_NE(plan_of(group_with(kPolicyLine)).sha256,
              plan_of(group_with("policy = \"copy\"\n")).sha256);
    EXPECT_NE(unknown, known);
    EXPECT_EQ(known, surveyed_plan().sha256) << "the texts are equal but in different objects";
    EXPECT_NE(known, surveyed_plan("{\"Id\":1}").sha256);
    Plan plan = surveyed_plan();
    const auto sha256_with = [&](const KeyContent& second) {
        set_contents(plan, {{0, content("{}", "one")}, {1, second}});
        return plan.sha256;
    };
    EXPECT_EQ(sha256_with(content("{}", "two")), known);
    EXPECT_NE(sha256_with(content("{}", "three")), known);
    KeyContent untagged = content("{}", "two");
    untagged.tags->clear();
    EXPECT_NE(sha256_with(untagged), known);
}

TEST(CopiedParts, are_kept_by_filter) {
    PlanFilter filter;
    filter.keys = {"*2"};
    const Plan part = filter_plan(surveyed_plan(), filter).value();
    ASSERT_EQ(part.keys.size(), 1U);
    EXPECT_EQ(part.contents.size(), 1U);
    EXPECT_EQ(replicate_request(part, part.jobs[0]).description, "two");
}

TEST(ContentChanges, list_keys_and_changed_parts) {
    const Plan plan = surveyed_plan();
    EXPECT_THAT(content_changes(plan, plan.contents), IsEmpty());
    EXPECT_THAT(content_changes(plan, surveyed_plan().contents), IsEmpty());
    EXPECT_THAT(content_changes(plan, {}), IsEmpty())
        << "a key that was not surveyed counts as unchanged";
    KeyContents now = plan.contents;
    now.at(1).description = "three";
    now.at(1).tags->clear();
    const std::vector<ChangedContent> changes = content_changes(plan, now);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].key, 1U);
    EXPECT_EQ(names_of(changes[0].parts), "description and tags");
}

TEST(ContentChanges, are_formatted_as_text) {
    CopiedParts parts;
    parts.policy = true;
    EXPECT_EQ(names_of(parts), "policy");
    parts.description = true;
    EXPECT_EQ(names_of(parts), "policy and description");
    parts.tags = true;
    EXPECT_EQ(names_of(parts), "policy, description and tags");
}

TEST(WhyNoContent, explains_missing_or_unreadable_primary) {
    const Plan plan = plan_of(kTwoKeys);
    Inventory inventory;
    inventory.regions = {"us-east-1", "eu-west-1"};
    inventory.keys.resize(2);
    InventoryKey& key = inventory.keys[1];
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::primary_unseen);
    key.lookup = LookupStatus::absent;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::primary_absent);
    key.lookup = LookupStatus::found;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::primary_single_region);
    key.is_multi_region = true;
    key.primary_region = 1;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::primary_moved);
    key.primary_region = 0;
    key.state = io::KeyState::disabled;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::content_unseen);
    key.policy = LookupStatus::found;
    key.tags = LookupStatus::denied;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::tags_denied);
    key.policy = LookupStatus::denied;
    EXPECT_EQ(why_no_content(plan, inventory, 1), ActionReason::policy_denied);
}

TEST(SharedTexts, share_equal_texts) {
    SharedTexts texts;
    const SharedText one = texts.share("policy");
    EXPECT_EQ(texts.share("policy"), one);
    EXPECT_NE(texts.share("another"), one);
    EXPECT_TRUE(same_text(one, std::make_shared<const std::string>("policy")));
    EXPECT_FALSE(same_text(one, nullptr));
    EXPECT_TRUE(same_text(nullptr, nullptr));
}

TEST(CopyableTags, are_sorted_and_exclude_aws_tags) {
    EXPECT_THAT(copyable_tags({io::Tag("team", "x"),
                               io::Tag("aws:cloudformation:stack-name", "y"),
                               io::Tag("AWS:other", "z"),
                               io::Tag("awsome", "w")}),
                ElementsAre(io::Tag("awsome", "w"), io::Tag("team", "x")));
}

TEST(CanonicalPolicy, ignores_order_from_kms) {
    const std::string one = canonical_policy(R"({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"},
        {"Sid": "second"}]})")
                                .value();
    const std::string other =
        canonical_policy(R"({"Statement":[{"Action":["kms:Decrypt","kms:Encrypt"],)"
                         R"("Resource":"*","Effect":"Allow"},{"Sid":"second"}],)"
                         R"("Version":"2012-10-17"})")
            .value();
    EXPECT_EQ(one, other);
    EXPECT_EQ(one,
              R"({"Statement":[{"Action":["kms:Decrypt","kms:Encrypt"],"Effect":"Allow",)"
              R"("Resource":"*"},{"Sid":"second"}],"Version":"2012-10-17"})");
    EXPECT_NE(one, canonical_policy(R"({"Statement":[{"Sid":"second"}]})"));
}

TEST(CanonicalPolicy, escapes_characters_that_kms_rejects) {
    EXPECT_EQ(canonical_policy(R"({"Id":"\u00fc\u0100\ud83d\ude00\u20ac\""})"),
              "{\"Id\":\"\u00fc\\u0100\\ud83d\\ude00\\u20ac\\\"\"}");
}

TEST(CanonicalPolicy, rejects_text_that_is_not_policy) {
    EXPECT_EQ(canonical_policy(""), std::nullopt);
    EXPECT_EQ(canonical_policy("[]"), std::nullopt);
    EXPECT_EQ(canonical_policy(R"({"Statement":)"), std::nullopt);
    EXPECT_EQ(canonical_policy("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"),
              std::nullopt);
}

}  // namespace
}  // namespace keyferry::planner
