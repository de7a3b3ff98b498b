// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace keyferry::engine {

/// A budget when it is full, and what a retry costs: AWS's 2026 standard retry mode.
inline constexpr int kRetryBudgetTokens = 500;
inline constexpr int kTransientRetryTokens = 14;
inline constexpr int kThrottleRetryTokens = 5;

/// Bounds the retries that are drawn on one quota, so that a Region in trouble is not asked the
/// same thing over and over while other work waits. One for each bucket. Who finds it empty does
/// not fail, but waits behind all others.
class RetryBudget {
  public:
    /// Takes what a retry costs, `tokens` > 0, and returns true; or takes nothing when there is
    /// less left, and returns false.
    bool spend(int tokens);

    /// A call has succeeded: what its retry has cost comes back, and one token where it needed no
    /// retry.
    void succeeded(std::optional<int> retry_tokens);

    [[nodiscard]] int tokens() const noexcept { return tokens_; }

  private:
    int tokens_ = kRetryBudgetTokens;
};

}  // namespace keyferry::engine
