// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace keyferry::engine {

/// The size of a full budget, and the cost of a retry. The values are those of AWS's 2026 standard
/// retry mode.
inline constexpr int kRetryBudgetTokens = 500;
inline constexpr int kTransientRetryTokens = 14;
inline constexpr int kThrottleRetryTokens = 5;

/// Limits the retries of one bucket, so that a failing Region does not delay other work. If the
/// budget is exhausted, retries do not fail, but wait behind all other calls.
class RetryBudget {
  public:
    /// Takes the cost of a retry, `tokens` > 0, and returns true. If fewer tokens are left, takes
    /// none and returns false.
    bool spend(int tokens);

    /// Records that a call succeeded. Refunds the cost of its retry, or adds one token if the call
    /// was not a retry.
    void succeeded(std::optional<int> retry_tokens);

    [[nodiscard]] int tokens() const noexcept { return tokens_; }

  private:
    int tokens_ = kRetryBudgetTokens;
};

}  // namespace keyferry::engine
