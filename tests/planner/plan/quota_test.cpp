// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/quota.hpp"

#include "planner/summary/quota_load.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::planner {
namespace {

const io::AccountId kAccount = *io::AccountId::parse("111122223333");
const io::AccountId kOther = *io::AccountId::parse("444455556666");
const io::Region kRegion = *io::Region::parse("eu-west-1");
const io::Region kElsewhere = *io::Region::parse("eu-west-2");
const io::AccountRegion kPlace(kAccount, kRegion);

QuotaOverride quota(std::optional<io::AccountId> account,
                    std::optional<io::Region> region,
                    double per_s) {
    return QuotaOverride{std::move(account), std::move(region), io::KmsApi::create_key, per_s};
}

TEST(Quota, defaults_to_kms_quotas) {
    const Limits limits;
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::replicate_key), 5);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::create_key), 5);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::describe_key), 2000);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::list_keys), 500);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::list_aliases), 500);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::list_resource_tags), 2000);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::get_key_policy), 1000);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::get_parameters_for_import), 1);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::tag_resource), 10);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::put_key_policy), 15);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::list_key_policies), 100);
}

TEST(Quota, uses_most_specific_override) {
    Limits limits;
    limits.overrides = {quota(kAccount, kRegion, 1),
                        quota(kAccount, {}, 2),
                        quota({}, kRegion, 3),
                        quota({}, {}, 4)};
    const io::KmsApi api = io::KmsApi::create_key;
    EXPECT_EQ(limits.quota_per_s(kPlace, api), 1);
    EXPECT_EQ(limits.quota_per_s(io::AccountRegion(kAccount, kElsewhere), api), 2);
    EXPECT_EQ(limits.quota_per_s(io::AccountRegion(kOther, kRegion), api), 3);
    EXPECT_EQ(limits.quota_per_s(io::AccountRegion(kOther, kElsewhere), api), 4);
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::replicate_key), 5);
}

TEST(Quota, uses_last_of_equally_specific_overrides) {
    Limits limits;
    limits.overrides = {quota({}, kRegion, 7), quota({}, kRegion, 9)};
    EXPECT_EQ(limits.quota_per_s(kPlace, io::KmsApi::create_key), 9);
}

/// A plan of `keys` keys from us-east-1 to `regions` (as TOML).
Plan plan_with(int keys, const std::string& regions, const std::string& more = "") {
    std::string list;
    for (int i = 0; i < keys; ++i) {
        const std::string digits = std::to_string(i);
        list += "mrk-" + std::string(32 - digits.size(), '0') + digits + "\n";
    }
    const Files files{{"k", list}};
    return plan_of(R"([fleet]
name = "t"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "g"
policy = "default"
keys_file = "k"
replicate_to = [)" + regions +
                       "]\n" + more,
                   files);
}

TEST(QuotaLoad, one_replica_region_is_limited_by_create_key) {
    // 100 replicas take 200 CreateKey at 4/s in the replica Region, and 100 ReplicateKey in the
    // primary Region.
    const std::vector<BucketLoad> load = quota_load(plan_with(100, "\"eu-west-1\""));
    ASSERT_EQ(load.size(), 3U);
    EXPECT_EQ(load[0].api, io::KmsApi::create_key);
    EXPECT_EQ(load[0].place, kPlace);
    EXPECT_EQ(load[0].requests, 200);
    EXPECT_EQ(load[0].seconds, 49) << "the burst of two calls (4 CreateKey) is available at once";
    EXPECT_EQ(load[1].api, io::KmsApi::replicate_key);
    EXPECT_EQ(load[1].place.region.name(), "us-east-1");
    EXPECT_EQ(load[1].seconds, 24.5);
    EXPECT_EQ(load[2].api, io::KmsApi::describe_key);
}

TEST(QuotaLoad, three_replica_regions_are_limited_by_replicate_key) {
    const std::vector<BucketLoad> load =
        quota_load(plan_with(100, "\"eu-west-1\", \"eu-west-2\", \"eu-west-3\""));
    EXPECT_EQ(load[0].api, io::KmsApi::replicate_key);
    EXPECT_EQ(load[0].seconds, 74.5);
    // These are the 200 CreateKey requests of each Region.
    EXPECT_EQ(load[1].seconds, 49);
}

TEST(QuotaLoad, burst_calls_take_no_time) {
    EXPECT_EQ(quota_load(plan_with(2, "\"eu-west-1\"")).front().seconds, 0);
}

TEST(QuotaLoad, odd_quota_fits_only_whole_calls) {
    const std::string all_of_it = "[limits]\nshare = 1.0\n";
    const std::vector<BucketLoad> load = quota_load(plan_with(100, "\"eu-west-1\"", all_of_it));
    EXPECT_EQ(load[0].rate_per_s, 5);
    EXPECT_EQ(load[0].seconds, 49) << "two calls of 2 CreateKey a second, not two and a half";
}

TEST(QuotaLoad, depends_on_share_overrides_and_wait) {
    const std::vector<BucketLoad> load = quota_load(plan_with(100, "\"eu-west-1\"", R"([limits]
share = 0.5
[[limits.quota]]
CreateKey = 100
[wait]
until_ready = false
)"));
    ASSERT_EQ(load.size(), 2U);  // no polling of new replicas
    EXPECT_EQ(load[0].api, io::KmsApi::replicate_key);
    EXPECT_EQ(load[0].rate_per_s, 2.5);
    EXPECT_EQ(load[0].seconds, 39.2);
    EXPECT_EQ(load[1].seconds, 3.92);
}

TEST(SurveyLoad, counts_survey_calls_against_quotas) {
    ReviewedPlan reviewed;
    reviewed.plan = plan_with(1, "\"eu-west-1\"", "[[limits.quota]]\nDescribeKey = 1000\n");
    EXPECT_TRUE(survey_load(reviewed).empty());
    const io::AccountRegion primary(kPlace.account, *io::Region::parse("us-east-1"));
    reviewed.review.calls_by_quota = {QuotaCalls{kPlace, io::KmsApi::describe_key, 10},
                                      QuotaCalls{primary, io::KmsApi::describe_key, 8002}};
    const std::vector<BucketLoad> load = survey_load(reviewed);
    ASSERT_EQ(load.size(), 2U);
    EXPECT_EQ(load[0].place, primary) << "longest first";
    EXPECT_EQ(load[0].requests, 8002);
    EXPECT_EQ(load[0].rate_per_s, 800);
    EXPECT_EQ(load[0].seconds, 10);
    EXPECT_EQ(load[1].requests, 10);
}

}  // namespace
}  // namespace keyferry::planner
