// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/retry_budget.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

/// How many retries of `tokens` each a budget pays for.
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

TEST(RetryBudget, takes_nothing_for_what_it_cannot_pay) {
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

TEST(RetryBudget, gets_the_cost_of_a_retry_back_when_that_succeeds) {
    RetryBudget budget;
    budget.spend(kTransientRetryTokens);
    budget.spend(kThrottleRetryTokens);
    budget.succeeded(kThrottleRetryTokens);
    EXPECT_EQ(budget.tokens(), 500 - 14);
}

TEST(RetryBudget, is_never_more_than_full) {
    RetryBudget budget;
    budget.succeeded(std::nullopt);
    budget.succeeded(kTransientRetryTokens);
    EXPECT_EQ(budget.tokens(), 500);
}

}  // namespace
}  // namespace keyferry::engine
