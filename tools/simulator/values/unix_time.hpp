// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <cstdint>

namespace keyferry::simulator {

// The model stores times as milliseconds since the Unix epoch; KMS reports seconds.
inline constexpr std::int64_t kMillisecondsPerSecond = 1000;
inline constexpr std::int64_t kMillisecondsPerDay = 24LL * 60 * 60 * kMillisecondsPerSecond;

[[nodiscard]] inline std::int64_t unix_ms(io::WallTime wall) {
    return wall.time_since_epoch().count();
}

/// Seconds since the Unix epoch, the unit in which KMS reports times.
[[nodiscard]] inline double unix_s(std::int64_t unix_ms) {
    return static_cast<double>(unix_ms) / static_cast<double>(kMillisecondsPerSecond);
}

}  // namespace keyferry::simulator
