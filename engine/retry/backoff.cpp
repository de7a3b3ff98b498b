// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/backoff.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace keyferry::engine {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kRetryAfterExcessMax{5000};
constexpr int kDoublingsMax = 30;

}  // namespace

milliseconds backoff_delay(const BackoffRange& range,
                           int retry,
                           double random01,
                           std::optional<milliseconds> retry_after) {
    assert(retry >= 0);
    assert(random01 >= 0 && random01 < 1);
    const double grown_ms =
        static_cast<double>(range.base.count()) * std::exp2(std::min(retry, kDoublingsMax));
    const double cap_ms = std::min(grown_ms, static_cast<double>(range.max.count()));
    const milliseconds delay(static_cast<milliseconds::rep>(random01 * cap_ms));
    if (!retry_after) {
        return delay;
    }
    return std::max(delay, std::min(*retry_after, delay + kRetryAfterExcessMax));
}

}  // namespace keyferry::engine
