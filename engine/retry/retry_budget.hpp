// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace keyferry::engine {

/// The size of a full budget and the cost of a retry, as in AWS's 2026 standard retry mode.
inline constexpr int kRetryBudgetTokens = 500;
inline constexpr int kTransientRetryTokens = 14;
inline constexpr int kThrottleRetryTokens = 5;

/// Limits the retries of one bucket, so that a failing Region does not keep other work waiting.
/// When the budget is used up, a retry does not fail, but waits behind all other calls.
class RetryBudget {
  public:
    /// Takes the cost of a retry, `tokens` > 0, and returns true; takes nothing and returns false
    /// if fewer tokens are left.
    bool spend(int tokens);

    /// Records that a call succeeded. Refunds the cost of its retry, or adds one token if the call
    /// was not a retry.
    void succeeded(std::optional<int> retry_tokens);

    [[nodiscard]] int tokens() const noexcept { return tokens_; }

  private:
    int tokens_ = kRetryBudgetTokens;
};

}  // namespace keyferry::engine
