// SPDX-License-Identifier: Apache-2.0
// Filtering a plan: the selected jobs, and the resulting plan.
#include "planner/review/plan_filter.hpp"

#include "planner/plan/plan_identity.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTwoAccounts = R"([fleet]
name = "test"
[[group]]
name = "orders"
account = "111122223333"
primary = "us-east-1"
keys = ["mrk-aaaaaaaa000000000000000000000000", "mrk-bbbbbbbb000000000000000000000000"]
replicate_to = ["eu-west-1", "us-west-2"]
policy = "default"
[[group]]
name = "cards"
account = "444455556666"
primary = "eu-central-1"
keys = ["mrk-cccccccc000000000000000000000000"]
replicate_to = ["eu-west-1", "sa-east-1"]
policy = "default"
description = "other parameters"
)";

Plan whole_plan() {
    return plan_of(kTwoAccounts);
}

Plan filtered(const PlanFilter& filter) {
    io::Parsed<Plan> plan = filter_plan(whole_plan(), filter);
    if (!plan) {
        ADD_FAILURE() << plan.error().text;
        return Plan();
    }
    return *std::move(plan);
}

std::string refusal(const PlanFilter& filter) {
    const io::Parsed<Plan> plan = filter_plan(whole_plan(), filter);
    return plan ? "" : plan.error().text;
}

PlanFilter by_key(std::vector<std::string> keys) {
    PlanFilter filter;
    filter.keys = std::move(keys);
    return filter;
}

PlanFilter by_region(std::vector<std::string> regions) {
    PlanFilter filter;
    filter.regions = std::move(regions);
    return filter;
}

PlanFilter by_group(std::vector<std::string> groups) {
    PlanFilter filter;
    filter.groups = std::move(groups);
    return filter;
}

PlanFilter only(JobAction action) {
    PlanFilter filter;
    filter.actions = {action};
    return filter;
}

PlanFilter first_of(std::uint64_t first, JobOrder order) {
    PlanFilter filter;
    filter.first = first;
    filter.order = order;
    return filter;
}

TEST(PlanFilter, leaves_plan_unchanged_if_empty) {
    const Plan plan = filtered(PlanFilter());
    EXPECT_EQ(plan.sha256, whole_plan().sha256);
    EXPECT_EQ(plan.jobs, whole_plan().jobs);
}

TEST(PlanFilter, selects_keys_by_id_arn_and_glob) {
    EXPECT_THAT(replicas_of(filtered(by_key({"mrk-bbbbbbbb000000000000000000000000"}))),
                ElementsAre("mrk-bbbb eu-west-1", "mrk-bbbb us-west-2"));
    EXPECT_THAT(replicas_of(filtered(by_key({"arn:aws:kms:eu-central-1:*"}))),
                ElementsAre("mrk-cccc eu-west-1", "mrk-cccc sa-east-1"));
    EXPECT_THAT(replicas_of(filtered(by_key({"mrk-b*", "mrk-c*"}))),
                ElementsAre("mrk-cccc eu-west-1",
                            "mrk-cccc sa-east-1",
                            "mrk-bbbb eu-west-1",
                            "mrk-bbbb us-west-2"));
}

TEST(PlanFilter, selects_replica_regions_and_groups) {
    EXPECT_THAT(replicas_of(filtered(by_region({"*-east-1", "us-*"}))),
                ElementsAre("mrk-cccc sa-east-1", "mrk-aaaa us-west-2", "mrk-bbbb us-west-2"));
    EXPECT_THAT(replicas_of(filtered(by_group({"cards"}))),
                ElementsAre("mrk-cccc eu-west-1", "mrk-cccc sa-east-1"));
}

TEST(PlanFilter, combines_filters) {
    PlanFilter filter = by_region({"eu-*"});
    filter.groups = {"orders"};
    filter.keys = {"mrk-a*", "mrk-c*"};
    EXPECT_THAT(replicas_of(filtered(filter)), ElementsAre("mrk-aaaa eu-west-1"));
}

TEST(PlanFilter, result_equals_plan_of_reduced_spec) {
    std::string spec = kTwoAccounts;
    spec.erase(spec.find("[[group]]"), spec.rfind("[[group]]") - spec.find("[[group]]"));
    const Plan alone = plan_of(spec);
    const Plan part = filtered(by_group({"cards"}));
    EXPECT_EQ(part.sha256, alone.sha256);
    EXPECT_NE(part.sha256, whole_plan().sha256);
    EXPECT_EQ(part.jobs, alone.jobs);
    EXPECT_EQ(part.regions, alone.regions);
    ASSERT_EQ(part.keys.size(), 1U);
    EXPECT_EQ(part.keys[0].primary, alone.keys[0].primary);
    ASSERT_EQ(part.groups.size(), 1U);
    EXPECT_EQ(part.groups[part.keys[0].group].name, "cards");
    EXPECT_EQ(replicate_request(part, part.jobs[0]).description, "other parameters");
}

TEST(PlanFilter, picks_first_by_key_region_or_group) {
    EXPECT_THAT(replicas_of(filtered(first_of(3, JobOrder::key))),
                ElementsAre("mrk-cccc eu-west-1", "mrk-cccc sa-east-1", "mrk-aaaa eu-west-1"));
    EXPECT_THAT(replicas_of(filtered(first_of(4, JobOrder::region))),
                ElementsAre("mrk-cccc eu-west-1",
                            "mrk-cccc sa-east-1",
                            "mrk-aaaa eu-west-1",
                            "mrk-bbbb eu-west-1"));
    EXPECT_THAT(replicas_of(filtered(first_of(3, JobOrder::group))),
                ElementsAre("mrk-aaaa eu-west-1", "mrk-aaaa us-west-2", "mrk-bbbb eu-west-1"));
    EXPECT_EQ(filtered(first_of(1000, JobOrder::region)).sha256, whole_plan().sha256);
}

TEST(PlanFilter, picks_first_after_other_filters) {
    PlanFilter filter = first_of(1, JobOrder::key);
    filter.regions = {"us-west-2"};
    EXPECT_THAT(replicas_of(filtered(filter)), ElementsAre("mrk-aaaa us-west-2"));
}

TEST(PlanFilter, assigns_each_account_to_one_shard) {
    PlanFilter filter;
    filter.shards = 2;
    std::set<std::string> accounts;
    std::vector<std::string> replicas;
    for (filter.shard = 1; filter.shard <= filter.shards; ++filter.shard) {
        const Plan shard = filtered(filter);
        std::set<std::string> of_shard;
        for (const PlannedKey& key : shard.keys) {
            of_shard.insert(key.primary.account.digits());
        }
        for (const std::string& account : of_shard) {
            EXPECT_TRUE(accounts.insert(account).second) << account << " is in two shards";
        }
        const std::vector<std::string> some = replicas_of(shard);
        replicas.insert(replicas.end(), some.begin(), some.end());
    }
    std::vector<std::string> all = replicas_of(whole_plan());
    std::sort(all.begin(), all.end());
    std::sort(replicas.begin(), replicas.end());
    EXPECT_EQ(replicas, all);
}

TEST(PlanFilter, shard_of_account_is_independent_of_other_filters) {
    PlanFilter filter = by_group({"cards"});  // only the second account
    filter.shards = 2;
    filter.shard = 1;
    EXPECT_THAT(refusal(filter),
                HasSubstr("none of the plan's 6 replicas matches --group, --shard together"));
    filter.shard = 2;
    EXPECT_EQ(filtered(filter).jobs.size(), 2U);
}

TEST(PlanFilter, rejects_more_shards_than_accounts) {
    PlanFilter filter;
    filter.shard = 3;
    filter.shards = 3;
    EXPECT_THAT(
        refusal(filter),
        HasSubstr("--shard 3/3: the plan has 2 accounts, and an account is never split between "
                  "shards: use at most 2 shards"));
}

TEST(PlanFilter, names_unmatched_pattern_with_suggestion) {
    EXPECT_THAT(refusal(by_region({"eu-*", "us-wset-2"})),
                HasSubstr("--region 'us-wset-2' matches none of the plan's 3 Regions (did you mean "
                          "'us-west-2'?)"));
    EXPECT_THAT(refusal(by_group({"card"})), HasSubstr("did you mean 'cards'?"));
    EXPECT_THAT(refusal(by_key({"mrk-aaaaaaaa00000000000000000000000"})),
                HasSubstr("did you mean 'mrk-aaaaaaaa000000000000000000000000'?"));
    EXPECT_THAT(refusal(by_key({"arn:aws:kms:us-east-1:111122223333:key/"
                                "mrk-aaaaaaaa000000000000000000000001"})),
                HasSubstr("did you mean 'mrk-aaaaaaaa000000000000000000000000'?"));
    EXPECT_THAT(refusal(by_key({"x"})), HasSubstr("--key 'x' matches none of the plan's 3 keys"));
    EXPECT_THAT(refusal(by_key({""})), HasSubstr("--key '' matches none"));
    EXPECT_THAT(refusal(by_group({"c*"})), HasSubstr("--group 'c*' matches none"));
}

TEST(PlanFilter, rejects_empty_result) {
    PlanFilter filter = by_region({"sa-east-1"});
    filter.groups = {"orders"};
    EXPECT_EQ(refusal(filter), "none of the plan's 6 replicas matches --region, --group together");
}

constexpr JobVerdict kReady{JobAction::exists, ActionReason::ready, 0};
constexpr JobVerdict kAbsent{JobAction::create, ActionReason::absent, 0};
constexpr JobVerdict kPendingDeletion{JobAction::unusable, ActionReason::pending_deletion, 0};
constexpr JobVerdict kDiffers{JobAction::sync, ActionReason::differs, sync_tags};

/// A review of the six jobs: cccc to eu-west-1 and sa-east-1, aaaa and bbbb to eu-west-1 and
/// us-west-2.
PlanReview example_review() {
    PlanReview review;
    review.is_surveyed = true;
    review.verdicts = {kReady, kAbsent, kPendingDeletion, kAbsent, kDiffers, kPendingDeletion};
    review.extras = {{0, "us-east-2"}, {1, "eu-north-1"}, {2, "ca-central-1"}, {2, "eu-north-1"}};
    review.deletion_dates_s = {{2, 1'000.0}, {5, 2'000.0}};
    review.moved_to = {{0, "eu-west-3"}, {2, "us-east-2"}};
    review.calls = 9;
    review.calls_by_quota = {QuotaCalls{
        io::AccountRegion(*io::AccountId::parse("111122223333"), *io::Region::parse("eu-west-1")),
        io::KmsApi::describe_key,
        9}};
    return review;
}

ReviewedPlan reviewed_plan() {
    return {whole_plan(), example_review()};
}

/// Filters `reviewed` and returns what remains.
PlanPart keep(ReviewedPlan& reviewed, const PlanFilter& by) {
    io::Parsed<PlanPart> part = filter(reviewed, by);
    if (!part) {
        ADD_FAILURE() << part.error().text;
        return PlanPart();
    }
    return *std::move(part);
}

std::vector<JobIndex> remaining_jobs(const PlanFilter& by) {
    ReviewedPlan reviewed = reviewed_plan();
    return keep(reviewed, by).jobs;
}

TEST(FilteredReview, has_original_indexes_of_jobs_and_keys) {
    const Plan whole = whole_plan();
    PlanFilter by = by_region({"us-west-2", "sa-east-1"});
    by.keys = {"mrk-b*", "mrk-c*"};
    ReviewedPlan reviewed = reviewed_plan();
    const PlanPart part = keep(reviewed, by);
    EXPECT_THAT(part.jobs, ElementsAre(1U, 5U));
    EXPECT_THAT(part.keys, ElementsAre(0U, 2U));
    const Plan& plan = reviewed.plan;
    for (std::size_t j = 0; j < part.jobs.size(); ++j) {
        EXPECT_EQ(replica_arn(plan, plan.jobs[j]), replica_arn(whole, whole.jobs[part.jobs[j]]));
    }
    for (std::size_t k = 0; k < part.keys.size(); ++k) {
        EXPECT_EQ(plan.keys[k].primary, whole.keys[part.keys[k]].primary);
    }
}

TEST(FilteredReview, is_unchanged_by_empty_filter) {
    ReviewedPlan reviewed = reviewed_plan();
    const PlanPart part = keep(reviewed, PlanFilter());
    EXPECT_EQ(reviewed.plan.sha256, whole_plan().sha256);
    EXPECT_THAT(part.jobs, ElementsAre(0U, 1U, 2U, 3U, 4U, 5U));
    EXPECT_THAT(part.keys, ElementsAre(0U, 1U, 2U));
    EXPECT_EQ(reviewed.review.verdicts, example_review().verdicts);
    EXPECT_EQ(filter_review(example_review(), part).verdicts, example_review().verdicts);
}

TEST(FilteredReview, selects_jobs_by_action) {
    PlanFilter by;
    by.actions = {JobAction::create};
    EXPECT_THAT(remaining_jobs(by), ElementsAre(1U, 3U));
    by.actions = {JobAction::sync, JobAction::exists};
    EXPECT_THAT(remaining_jobs(by), ElementsAre(0U, 4U));
    by.actions = {JobAction::unusable};
    by.first = 1;  // the first of the unusable replicas
    by.order = JobOrder::region;
    EXPECT_THAT(remaining_jobs(by), ElementsAre(2U));
}

TEST(FilteredReview, is_unchanged_if_no_job_has_the_action) {
    ReviewedPlan reviewed = reviewed_plan();
    PlanFilter by;
    by.actions = {JobAction::blocked};
    const io::Parsed<PlanPart> part = filter(reviewed, by);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().text, "none of the plan's 6 replicas matches --only");
    EXPECT_EQ(reviewed.plan.jobs, whole_plan().jobs);
    EXPECT_EQ(reviewed.review.verdicts, example_review().verdicts);
}

TEST(FilteredReview, keeps_status_of_the_part) {
    ReviewedPlan reviewed = reviewed_plan();
    const PlanPart part = keep(reviewed, by_key({"mrk-b*", "mrk-c*"}));
    const PlanReview& review = reviewed.review;
    EXPECT_TRUE(review.is_surveyed);
    EXPECT_EQ(review.calls, 9U);
    EXPECT_EQ(review.calls_by_quota, example_review().calls_by_quota);
    EXPECT_THAT(review.verdicts, ElementsAre(kReady, kAbsent, kDiffers, kPendingDeletion));
    ASSERT_EQ(review.extras.size(), 3U);
    EXPECT_EQ(review.extras[0].key, 0U);
    EXPECT_EQ(review.extras[1].key, 1U);
    EXPECT_EQ(review.extras[2].key, 1U);
    EXPECT_EQ(review.extras[2].region, "eu-north-1");
    EXPECT_EQ(review.deletion_dates_s, (std::unordered_map<JobIndex, double>{{3, 2'000.0}}));
    EXPECT_EQ(review.moved_to,
              (std::unordered_map<std::uint32_t, std::string>{{0, "eu-west-3"}, {1, "us-east-2"}}));
    EXPECT_EQ(filter_review(example_review(), part).verdicts, review.verdicts);
}

TEST(FilteredReview, is_the_same_if_filtered_in_two_steps) {
    PlanFilter by = by_region({"us-*"});
    by.groups = {"orders"};
    by.shard = 1;
    by.shards = 2;
    by.actions = {JobAction::unusable, JobAction::create};
    by.first = 1;
    by.order = JobOrder::region;
    ReviewedPlan in_steps = reviewed_plan();
    keep(in_steps, by.before_review());
    EXPECT_EQ(in_steps.plan.jobs.size(), 4U);  // all Regions of two keys
    keep(in_steps, by.after_review());
    ReviewedPlan at_once = reviewed_plan();
    keep(at_once, by);
    EXPECT_EQ(in_steps.plan.sha256, at_once.plan.sha256);
    EXPECT_EQ(in_steps.review.verdicts, at_once.review.verdicts);
    EXPECT_THAT(replicas_of(in_steps.plan), ElementsAre("mrk-aaaa us-west-2"));
}

TEST(FilterText, is_words_of_a_command_line) {
    EXPECT_EQ(filter_text(PlanFilter()), "");
    PlanFilter filter = by_region({"eu-*", "us-east-1"});
    filter.groups = {"two words"};
    filter.shard = 2;
    filter.shards = 8;
    filter.actions = {JobAction::create};
    filter.first = 20;
    filter.order = JobOrder::region;
    EXPECT_EQ(filter_text(filter),
              "--region 'eu-*' --region us-east-1 --group 'two words' --shard 2/8 --only create "
              "--first 20 --order-by region");
}

TEST(FilterMark, is_independent_of_pattern_order) {
    EXPECT_EQ(filter_mark(by_key({"a", "b", "a"})), filter_mark(by_key({"b", "a"})));
    EXPECT_EQ(filter_mark(PlanFilter()).size(), 8U);
    PlanFilter shard;
    shard.shards = 2;
    PlanFilter other_shard = shard;
    other_shard.shard = 2;
    const std::set<std::string> marks{filter_mark(PlanFilter()),
                                      filter_mark(by_key({"a"})),
                                      filter_mark(by_region({"a"})),
                                      filter_mark(by_group({"a"})),
                                      filter_mark(by_key({"a", "b"})),
                                      filter_mark(by_key({"ab"})),
                                      filter_mark(only(JobAction::create)),
                                      filter_mark(only(JobAction::sync)),
                                      filter_mark(shard),
                                      filter_mark(other_shard),
                                      filter_mark(first_of(1, JobOrder::key)),
                                      filter_mark(first_of(2, JobOrder::key)),
                                      filter_mark(first_of(1, JobOrder::region))};
    EXPECT_EQ(marks.size(), 13U);
}

TEST(PlanFilter, is_stated_as_options) {
    PlanFilter filter = by_region({"eu-*", "us-west-2"});
    filter.actions = {JobAction::create};
    filter.shard = 2;
    filter.shards = 8;
    filter.first = 20;
    filter.order = JobOrder::group;
    EXPECT_EQ(filter_text(filter),
              "--region 'eu-*' --region us-west-2 --shard 2/8 --only create --first 20 "
              "--order-by group");
    filter = by_key({"a", "b"});
    EXPECT_EQ(filter_text(filter), "--key a --key b");
    filter.keys_file = "again.txt";
    filter.keys_in_file = 2;
    EXPECT_EQ(filter_text(filter), "--keys-file again.txt (2 keys)");
    filter.keys_in_file = 1;
    EXPECT_EQ(filter_text(filter.before_review()), "--key a --keys-file again.txt (1 key)");
    EXPECT_EQ(filter_text(PlanFilter()), "");
}

}  // namespace
}  // namespace keyferry::planner
