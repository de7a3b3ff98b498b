// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/retry_budget.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

bool RetryBudget::spend(int tokens) {
    assert(tokens > 0);
    if (tokens > tokens_) {
        return false;
    }
    tokens_ -= tokens;
    return true;
}

void RetryBudget::succeeded(std::optional<int> retry_tokens) {
    assert(!retry_tokens || *retry_tokens > 0);
    tokens_ = std::min(kRetryBudgetTokens, tokens_ + retry_tokens.value_or(1));
}

}  // namespace keyferry::engine
