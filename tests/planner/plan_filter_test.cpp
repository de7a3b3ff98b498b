// A part of a plan: which jobs, and that it is a whole plan by itself.
#include "planner/plan_filter.hpp"

#include "planner/plan_identity.hpp"
#include "spec_under_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <set>
#include <string>
#include <utility>

namespace keyferry {
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
    Parsed<Plan> plan = filter_plan(whole_plan(), filter);
    if (!plan) {
        ADD_FAILURE() << plan.error().text;
        return Plan();
    }
    return *std::move(plan);
}

std::string refusal(const PlanFilter& filter) {
    const Parsed<Plan> plan = filter_plan(whole_plan(), filter);
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

PlanFilter first_of(std::uint64_t first, JobOrder order) {
    PlanFilter filter;
    filter.first = first;
    filter.order = order;
    return filter;
}

TEST(PlanFilter, EmptyLeavesThePlanAsItIs) {
    const Plan plan = filtered(PlanFilter());
    EXPECT_EQ(plan.sha256, whole_plan().sha256);
    EXPECT_EQ(plan.jobs, whole_plan().jobs);
}

TEST(PlanFilter, TakesKeysByIdArnAndGlob) {
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

TEST(PlanFilter, TakesRegionsOfReplicasAndGroups) {
    EXPECT_THAT(replicas_of(filtered(by_region({"*-east-1", "us-*"}))),
                ElementsAre("mrk-cccc sa-east-1", "mrk-aaaa us-west-2", "mrk-bbbb us-west-2"));
    EXPECT_THAT(replicas_of(filtered(by_group({"cards"}))),
                ElementsAre("mrk-cccc eu-west-1", "mrk-cccc sa-east-1"));
}

TEST(PlanFilter, TakesWhatPassesAllOfThem) {
    PlanFilter filter = by_region({"eu-*"});
    filter.groups = {"orders"};
    filter.keys = {"mrk-a*", "mrk-c*"};
    EXPECT_THAT(replicas_of(filtered(filter)), ElementsAre("mrk-aaaa eu-west-1"));
}

TEST(PlanFilter, GivesAPlanLikeThatOfASpecOfThePartAlone) {
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

TEST(PlanFilter, CountsTheFirstAlongKeysRegionsOrGroups) {
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

TEST(PlanFilter, CountsTheFirstOfWhatTheOthersLeave) {
    PlanFilter filter = first_of(1, JobOrder::key);
    filter.regions = {"us-west-2"};
    EXPECT_THAT(replicas_of(filtered(filter)), ElementsAre("mrk-aaaa us-west-2"));
}

TEST(PlanFilter, DealsWholeAccountsToShardsAndEachJobToOne) {
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

TEST(PlanFilter, KeepsAnAccountInItsShardWhateverElseIsFiltered) {
    PlanFilter filter = by_group({"cards"});  // of the second account alone
    filter.shards = 2;
    filter.shard = 1;
    EXPECT_THAT(refusal(filter),
                HasSubstr("none of the plan's 6 replicas is left by --group, "
                          "--shard"));
    filter.shard = 2;
    EXPECT_EQ(filtered(filter).jobs.size(), 2U);
}

TEST(PlanFilter, RefusesMoreShardsThanAccounts) {
    PlanFilter filter;
    filter.shard = 3;
    filter.shards = 3;
    EXPECT_THAT(refusal(filter), HasSubstr("--shard 3/3: the plan has 2 accounts"));
}

TEST(PlanFilter, NamesThePatternThatMatchesNothingAndWhatIsNear) {
    EXPECT_THAT(refusal(by_region({"eu-*", "us-wset-2"})),
                HasSubstr("--region 'us-wset-2' matches none of the plan's 3 Regions, did you mean "
                          "'us-west-2'?"));
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

TEST(PlanFilter, RefusesToLeaveNothing) {
    PlanFilter filter = by_region({"sa-east-1"});
    filter.groups = {"orders"};
    EXPECT_EQ(refusal(filter),
              "none of the plan's 6 replicas is left by --region, --group together");
}

TEST(FilterMark, StandsForWhatIsFilteredInAnyOrder) {
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
                                      filter_mark(shard),
                                      filter_mark(other_shard),
                                      filter_mark(first_of(1, JobOrder::key)),
                                      filter_mark(first_of(2, JobOrder::key)),
                                      filter_mark(first_of(1, JobOrder::region))};
    EXPECT_EQ(marks.size(), 11U);
}

}  // namespace
}  // namespace keyferry
