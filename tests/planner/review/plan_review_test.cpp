// SPDX-License-Identifier: Apache-2.0
#include "planner/review/plan_review.hpp"

#include <gtest/gtest.h>

namespace keyferry::planner {
namespace {

PlanReview review_of(ActionReason reason) {
    PlanReview review;
    review.is_surveyed = true;
    review.verdicts.push_back({action_of(reason), reason});
    return review;
}

/// The reason after restricting a review whose reason is `now` to a saved plan whose reason is
/// `saved`.
ActionReason limited(ActionReason now, ActionReason saved) {
    PlanReview review = review_of(now);
    restrict_to_saved(review, review_of(saved));
    EXPECT_EQ(review.verdicts[0].action, action_of(review.verdicts[0].reason));
    return review.verdicts[0].reason;
}

TEST(RestrictToSaved, allows_what_the_saved_plan_creates) {
    EXPECT_EQ(limited(ActionReason::absent, ActionReason::absent), ActionReason::absent);
    EXPECT_EQ(limited(ActionReason::absent, ActionReason::not_surveyed), ActionReason::absent);
    EXPECT_EQ(limited(ActionReason::primary_unseen, ActionReason::absent),
              ActionReason::primary_unseen)
        << "the request may succeed";
}

TEST(RestrictToSaved, blocks_replicas_that_the_saved_plan_does_not_create) {
    EXPECT_EQ(limited(ActionReason::absent, ActionReason::ready), ActionReason::not_in_saved_plan);
    EXPECT_EQ(limited(ActionReason::primary_denied, ActionReason::ready),
              ActionReason::not_in_saved_plan);
}

TEST(RestrictToSaved, does_not_repeat_a_reason_that_no_longer_holds) {
    EXPECT_EQ(limited(ActionReason::absent, ActionReason::primary_disabled),
              ActionReason::not_in_saved_plan)
        << "the primary is enabled now: the advice to enable it would be wrong";
    EXPECT_EQ(limited(ActionReason::primary_unseen, ActionReason::primary_moved),
              ActionReason::not_in_saved_plan);
}

TEST(RestrictToSaved, keeps_refused_credentials_but_sends_nothing) {
    for (const ActionReason saved : {ActionReason::no_credentials, ActionReason::ready}) {
        PlanReview review = review_of(ActionReason::no_credentials);
        restrict_to_saved(review, review_of(saved));
        EXPECT_EQ(review.verdicts[0].reason, ActionReason::no_credentials);
        EXPECT_TRUE(review.verdicts[0].is_withheld);
    }
    PlanReview review = review_of(ActionReason::no_credentials);
    restrict_to_saved(review, review_of(ActionReason::absent));
    EXPECT_FALSE(review.verdicts[0].is_withheld) << "the saved plan creates it";
}

TEST(RestrictToSaved, keeps_what_was_found) {
    EXPECT_EQ(limited(ActionReason::ready, ActionReason::primary_disabled), ActionReason::ready);
    EXPECT_EQ(limited(ActionReason::disabled, ActionReason::ready), ActionReason::disabled);
    EXPECT_EQ(limited(ActionReason::primary_disabled, ActionReason::ready),
              ActionReason::primary_disabled);
}

}  // namespace
}  // namespace keyferry::planner
