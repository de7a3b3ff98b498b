// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

namespace keyferry::simulator {

/// The time at which a request is handled: monotonic time for durations, wall time for dates.
struct SimulatedTime {
    io::Moment now;
    io::WallTime wall;
    /// Seconds of simulated time per second of the machine's clocks (TimeControl).
    double rate = 1;
};

}  // namespace keyferry::simulator
