// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace keyferry::io {

/// A point in monotonic time, in nanoseconds. The epoch is arbitrary; only differences are
/// meaningful.
using Moment = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// A point in wall-clock time (UTC), for signatures and records. The wall clock may jump, so it is
/// never used for waiting.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

}  // namespace keyferry::io
