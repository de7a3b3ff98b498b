// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstdint>

namespace keyferry::engine {

using BucketIndex = std::uint32_t;
using GateIndex = std::uint32_t;
using LaneIndex = std::uint32_t;

/// A call that waits for its turn. What it is, only the caller knows.
struct WaitingCall {
    std::uint32_t id;   ///< the caller's: a job index
    std::uint32_t key;  ///< which key it is about, for lanes that change keys
};

/// A call and the lane that it waits or waited in.
struct LaneCall {
    WaitingCall call;
    LaneIndex lane;
};

/// A call that may leave; its tokens are taken.
struct StartedCall {
    WaitingCall call;
    LaneIndex lane;
    io::Moment at;
    bool is_probe;  ///< a gate of its lane is parked: this call tries whether it can be opened
};

}  // namespace keyferry::engine
