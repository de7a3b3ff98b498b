// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

namespace keyferry::engine {

/// The minimum time that a failing write is retried, unless its endpoint is abandoned sooner. An
/// outage of a few minutes therefore does not make a change fail. Reads have a shorter minimum,
/// because repeating a failed read later costs little.
inline constexpr std::chrono::minutes kWriteFailingMin{5};
inline constexpr std::chrono::minutes kReadFailingMin{1};

/// The initial and maximum delays of exponential backoff.
struct BackoffRange {
    std::chrono::milliseconds base;
    std::chrono::milliseconds max;
};

/// Returns the delay before retry number `retry` (0 for the first): random01 * min(max, base *
/// 2^retry). This is full jitter, with the cap applied before the jitter, as in AWS's 2026 standard
/// retry mode. `random01` is in [0, 1). A `retry_after` from the server (x-amz-retry-after) can
/// increase the delay by at most five seconds; negative values are ignored.
[[nodiscard]] std::chrono::milliseconds backoff_delay(
    const BackoffRange& range,
    int retry,
    double random01,
    std::optional<std::chrono::milliseconds> retry_after);

}  // namespace keyferry::engine
