// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstdint>

namespace keyferry::engine {

using BucketIndex = std::uint32_t;
using GateIndex = std::uint32_t;
using LaneIndex = std::uint32_t;

/// A call that is waiting in a lane. The scheduler does not interpret `id` and `kind`, which its
/// caller sets.
struct WaitingCall {
    std::uint32_t id;       ///< set by the caller, for example a job index
    std::uint32_t key;      ///< the key that the call changes, for lanes that change keys
    std::uint8_t kind = 0;  ///< set by the caller, for example to the purpose of the call
};

/// A call and its lane.
struct LaneCall {
    WaitingCall call;
    LaneIndex lane;
};

/// A call that may be sent, because its tokens have been taken.
struct StartedCall {
    WaitingCall call;
    LaneIndex lane;
    io::Moment at;
    bool is_probe;  ///< a gate of its lane is parked, and this call tests whether the gate can be
                    ///< opened
};

}  // namespace keyferry::engine
