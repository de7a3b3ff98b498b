// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/creation_limits.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::cli {
namespace {

using planner::ActionReason;
using planner::JobAction;
using ::testing::HasSubstr;

class CreationLimitsTest : public ::testing::Test {
  protected:
    CreationLimitsTest() {
        reviewed.review.is_surveyed = true;
        limits.jobs_max = 0;
    }

    void add(JobAction action, ActionReason reason) {
        reviewed.review.verdicts.push_back({action, reason});
    }
    bool is_exceeded(bool may_start) const {
        return exceeded_limit(limits, reviewed, [=](planner::JobIndex) { return may_start; })
            .has_value();
    }

    planner::ReviewedPlan reviewed;
    CreationLimits limits;
};

TEST_F(CreationLimitsTest, count_missing_replicas_even_if_the_journal_records_them_as_done) {
    add(JobAction::create, ActionReason::absent);
    EXPECT_TRUE(is_exceeded(false));
}

TEST_F(CreationLimitsTest, do_not_count_done_replicas_that_could_not_be_checked) {
    add(JobAction::blocked, ActionReason::primary_unseen);
    EXPECT_FALSE(is_exceeded(false));
    EXPECT_TRUE(is_exceeded(true));
    reviewed.review.verdicts.clear();
    add(JobAction::create, ActionReason::absent);
    reviewed.review.is_surveyed = false;
    EXPECT_FALSE(is_exceeded(false));
    EXPECT_TRUE(is_exceeded(true));
}

TEST_F(CreationLimitsTest, do_not_count_existing_replicas_or_refused_accounts) {
    add(JobAction::exists, ActionReason::ready);
    add(JobAction::blocked, ActionReason::no_credentials);
    EXPECT_FALSE(is_exceeded(true));
}

TEST_F(CreationLimitsTest, count_the_added_cost) {
    limits.jobs_max.reset();
    limits.usd_per_month_added_max = 1;
    add(JobAction::create, ActionReason::absent);
    EXPECT_FALSE(is_exceeded(true));
    add(JobAction::create, ActionReason::absent);
    const auto error = exceeded_limit(limits, reviewed, [](planner::JobIndex) { return true; });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), HasSubstr("--max-cost is $1"));
}

}  // namespace
}  // namespace keyferry::cli
