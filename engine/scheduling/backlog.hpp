// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/waiting_call.hpp"

namespace keyferry::engine {

/// The calls of a lane that have never left, in their order. A port, so that a scheduler of ten
/// million jobs holds a count for each lane and not ten million entries.
class Backlog {
  public:
    Backlog() = default;
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;
    virtual ~Backlog() = default;

    /// The next call of `lane`. Asked as often as add_backlog has said that there are calls, and
    /// no more.
    virtual WaitingCall next(LaneIndex lane) = 0;
};

}  // namespace keyferry::engine
