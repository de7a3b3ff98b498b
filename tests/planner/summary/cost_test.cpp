// SPDX-License-Identifier: Apache-2.0
// The cost of a plan.
#include "planner/summary/cost.hpp"

#include "planner/summary/plan_wording.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PlanCost cost_of(const ReviewedPlan& reviewed) {
    return plan_cost(reviewed, quota_load(reviewed));
}

TEST(Cost, counts_primaries_and_replicas_to_create) {
    const PlanCost cost = cost_of(unsurveyed(plan_of(kReportSpec)));
    EXPECT_EQ(cost.keys_before, 3U);
    EXPECT_EQ(cost.keys_added, 5U);
    EXPECT_EQ(cost.usd_per_month_before, 3);
    EXPECT_EQ(cost.usd_per_month_added, 5);
    EXPECT_EQ(cost.usd_per_month_after(), 8);
    EXPECT_EQ(cost.usd_per_year_added(), 60);
    // 5 ReplicateKey, 10 CreateKey, 5 DescribeKey, each up to 8 times.
    EXPECT_DOUBLE_EQ(cost.run_usd_max, 20 * 8 * 0.03 / 10'000);
}

TEST(Cost, counts_existing_keys_except_pending_deletion) {
    ReviewedPlan reviewed = example_plan();
    // Three primaries, one ready replica, one that differs and two that are not in the spec.
    EXPECT_EQ(cost_of(reviewed).keys_before, 7U);
    EXPECT_EQ(cost_of(reviewed).keys_added, 1U);
    reviewed.review.verdicts[2].reason = ActionReason::disabled;  // is billed
    EXPECT_EQ(cost_of(reviewed).keys_before, 8U);
}

TEST(Cost, omits_primaries_not_known_to_be_billed) {
    const Plan plan = plan_of(kReportSpec);
    for (const ActionReason reason : {ActionReason::primary_absent,
                                      ActionReason::primary_denied,
                                      ActionReason::primary_unseen,
                                      ActionReason::primary_pending_deletion}) {
        ReviewedPlan reviewed = unsurveyed(plan);
        reviewed.review.verdicts[0] = reviewed.review.verdicts[1] = {JobAction::blocked, reason, 0};
        EXPECT_EQ(cost_of(reviewed).keys_before, 2U) << name_of(reason);
        EXPECT_EQ(cost_of(reviewed).keys_added, 3U) << name_of(reason);
    }
}

TEST(Cost, uses_prices_of_the_spec) {
    ReviewedPlan reviewed = unsurveyed(plan_of(group_with(
        kPolicyLine + "[prices]\nkey_usd_per_month = 0.5\nrequests_usd_per_10000 = 30\n")));
    reviewed.review.calls = 20;
    const PlanCost cost = cost_of(reviewed);
    EXPECT_EQ(cost.usd_per_month_added, 0.5);
    EXPECT_DOUBLE_EQ(cost.run_usd_max, 4 * 8 * 30.0 / 10'000);
    EXPECT_DOUBLE_EQ(cost.survey_usd, 20 * 30.0 / 10'000);
}

TEST(Prices, are_checked) {
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "[prices]\nkey_usd_per_month = -1\n"
                                                     "key_usd = 1\n")),
                ElementsAre(HasSubstr("fleet.toml:11:21: key_usd_per_month in [prices]"),
                            HasSubstr("fleet.toml:12:1: unknown key 'key_usd' in [prices]")));
}

TEST(Usd, shows_cents_only_if_nonzero) {
    EXPECT_EQ(usd_text(0), "$0");
    EXPECT_EQ(usd_text(0.0001), "< $0.01");
    EXPECT_EQ(usd_text(0.03), "$0.03");
    EXPECT_EQ(usd_text(1234.5), "$1,234.50");
    EXPECT_EQ(usd_text(1'000'000), "$1,000,000");
    EXPECT_EQ(usd_text(0.999), "$1");
}

}  // namespace
}  // namespace keyferry::planner
