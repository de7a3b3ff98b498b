// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstdint>

namespace keyferry::engine {

using BucketIndex = std::uint32_t;
using GateIndex = std::uint32_t;
using LaneIndex = std::uint32_t;

/// A call waiting for its turn. Only the caller knows its content.
struct WaitingCall {
    std::uint32_t id;       ///< set by the caller: a job index
    std::uint32_t key;      ///< the key it concerns, for lanes that change keys
    std::uint8_t kind = 0;  ///< set by the caller: what the call is for
};

/// A call and its lane.
struct LaneCall {
    WaitingCall call;
    LaneIndex lane;
};

/// A call that may be sent; its tokens are taken.
struct StartedCall {
    WaitingCall call;
    LaneIndex lane;
    io::Moment at;
    bool is_probe;  ///< a gate of its lane is parked: this call tests whether it can be opened
};

}  // namespace keyferry::engine
