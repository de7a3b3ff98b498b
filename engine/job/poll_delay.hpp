// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/run_settings.hpp"

#include <algorithm>
#include <chrono>

namespace keyferry::engine {

/// Returns the delay before poll number `poll` (starting at 0) of a replica that is being created.
/// Each delay is 50 % longer than the previous one, since a replica that has already taken a long
/// time may take much longer.
[[nodiscard]] inline std::chrono::milliseconds poll_delay(int poll,
                                                          const planner::WaitSettings& wait) {
    constexpr double kGrowth = 1.5;
    double delay_ms = static_cast<double>(wait.poll_delay_min.count());
    const auto delay_ms_max = static_cast<double>(wait.poll_delay_max.count());
    for (int before = 0; before < poll && delay_ms < delay_ms_max; ++before) {
        delay_ms *= kGrowth;
    }
    using std::chrono::milliseconds;
    return milliseconds(static_cast<milliseconds::rep>(std::min(delay_ms, delay_ms_max)));
}

}  // namespace keyferry::engine
