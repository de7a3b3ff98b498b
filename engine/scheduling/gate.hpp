// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cassert>

namespace keyferry::engine {

/// Means that an event must occur first.
inline constexpr io::Moment kNever = io::Moment::max();

/// Limits the number of calls in flight in a scope, for example to one endpoint. A gate can be
/// parked: no call passes until a given time, and after that, one call at a time passes, as a probe
/// that tests whether the failure has ended.
class Gate {
  public:
    /// `in_flight_max` must be at least 1.
    explicit Gate(int in_flight_max) : in_flight_max_(in_flight_max) { assert(in_flight_max >= 1); }

    /// The earliest time, not before `now`, at which a call may pass; kNever if a call in flight
    /// must end first or if the gate has been abandoned.
    [[nodiscard]] io::Moment ready_at(io::Moment now) const noexcept {
        if (state_ == State::open) {
            return in_flight_ < in_flight_max_ ? now : kNever;
        }
        const bool may_probe = state_ == State::parked && in_flight_ == 0;
        return may_probe ? (probe_at_ > now ? probe_at_ : now) : kNever;
    }

    void enter() noexcept { ++in_flight_; }
    void leave() {
        assert(in_flight_ > 0);
        --in_flight_;
    }

    /// Blocks all calls until `probe_at`, and then lets one call at a time pass until open() is
    /// called.
    void park(io::Moment probe_at) {
        assert(state_ != State::abandoned);
        state_ = State::parked;
        probe_at_ = probe_at;
    }
    void open() {
        assert(state_ != State::abandoned);
        state_ = State::open;
    }
    /// Blocks all further calls.
    void abandon() noexcept { state_ = State::abandoned; }

    [[nodiscard]] bool is_parked() const noexcept { return state_ == State::parked; }
    [[nodiscard]] bool is_abandoned() const noexcept { return state_ == State::abandoned; }
    [[nodiscard]] int in_flight() const noexcept { return in_flight_; }
    /// How many more calls may be in flight.
    [[nodiscard]] int free() const noexcept { return in_flight_max_ - in_flight_; }

  private:
    enum class State : unsigned char { open, parked, abandoned };

    int in_flight_max_;
    int in_flight_ = 0;
    State state_ = State::open;
    io::Moment probe_at_{};
};

}  // namespace keyferry::engine
