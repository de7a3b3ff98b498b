// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/waiting_call.hpp"

namespace keyferry::engine {

/// The calls of a lane that have not been started yet, in order. This is an interface so that
/// implementations can generate the calls on demand. The scheduler then stores only a count per
/// lane instead of, for example, ten million entries.
class Backlog {
  public:
    Backlog() = default;
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;
    virtual ~Backlog() = default;

    /// Returns the next call of `lane`. Called at most once for each of the calls announced with
    /// add_backlog.
    virtual WaitingCall next(LaneIndex lane) = 0;
};

}  // namespace keyferry::engine
