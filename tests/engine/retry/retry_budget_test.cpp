// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/retry_budget.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

/// The number of retries, each costing `tokens`, that a budget allows.
int retries(RetryBudget budget, int tokens) {
    int paid = 0;
    while (budget.spend(tokens)) {
        ++paid;
    }
    return paid;
}

TEST(RetryBudget, pays_for_35_transient_retries_or_100_of_throttles) {
    EXPECT_EQ(retries(RetryBudget(), kTransientRetryTokens), 35);
    EXPECT_EQ(retries(RetryBudget(), kThrottleRetryTokens), 100);
}

TEST(RetryBudget, takes_nothing_when_the_budget_is_too_small) {
    RetryBudget budget;
    while (budget.spend(kTransientRetryTokens)) {
    }
    EXPECT_EQ(budget.tokens(), 10);
    EXPECT_FALSE(budget.spend(kTransientRetryTokens));
    EXPECT_EQ(budget.tokens(), 10);
    EXPECT_TRUE(budget.spend(kThrottleRetryTokens));
}

TEST(RetryBudget, gets_one_token_back_for_a_success_without_retry) {
    RetryBudget budget;
    budget.spend(kTransientRetryTokens);
    budget.succeeded(std::nullopt);
    EXPECT_EQ(budget.tokens(), 500 - 14 + 1);
}

TEST(RetryBudget, refunds_the_cost_of_a_successful_retry) {
    RetryBudget budget;
    budget.spend(kTransientRetryTokens);
    budget.spend(kThrottleRetryTokens);
    budget.succeeded(kThrottleRetryTokens);
    EXPECT_EQ(budget.tokens(), 500 - 14);
}

TEST(RetryBudget, never_exceeds_its_size) {
    RetryBudget budget;
    budget.succeeded(std::nullopt);
    budget.succeeded(kTransientRetryTokens);
    EXPECT_EQ(budget.tokens(), 500);
}

}  // namespace
}  // namespace keyferry::engine
