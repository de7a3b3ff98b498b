// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

namespace keyferry::engine {

/// Where exponential backoff starts and where it stops growing.
struct BackoffRange {
    std::chrono::milliseconds base;
    std::chrono::milliseconds max;
};

/// The delay before retry number `retry` (0 for the first): random01 * min(max, base * 2^retry),
/// full jitter, with the cap applied before the jitter, as AWS's 2026 standard retry mode does.
/// `random01` is in [0, 1). A server's `retry_after` (x-amz-retry-after) raises the delay, by five
/// seconds at most above what it would have been; a negative one is ignored.
[[nodiscard]] std::chrono::milliseconds backoff_delay(
    const BackoffRange& range,
    int retry,
    double random01,
    std::optional<std::chrono::milliseconds> retry_after);

}  // namespace keyferry::engine
