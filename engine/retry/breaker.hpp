// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// When refusals park a gate, and how it is probed then.
struct BreakerRule {
    /// So many in a row, and so long since the first of them.
    int refusals_min;
    std::chrono::milliseconds lasting_min;
    /// Between probes; doubled after each refused one, up to the greatest.
    std::chrono::milliseconds probe_delay_min;
    std::chrono::milliseconds probe_delay_max;
    /// False: never parks, but gives up like the others.
    bool parks;
};

/// The rule for a trouble that is not `none`. One table, in breaker.cpp, each row with its reason.
[[nodiscard]] const BreakerRule& breaker_rule(FailureClass trouble);

/// Stops sending through one gate, a Region or an endpoint, when everything that is sent is
/// refused: instead of thousands of failures there is a probe now and then. One success opens it.
/// When it was parked for `park_max`, it gives up: what waits is left for a rerun, and the run can
/// end.
///
/// Refusals are counted for each trouble apart, until a call is let through: a throttle in between
/// says nothing about permission. Pure: every time is an argument.
class Breaker {
  public:
    enum class State : std::uint8_t {
        closed,    ///< calls go through
        parked,    ///< none but a probe, from probe_at() on
        given_up,  ///< for this run
    };

    /// `first_answer_max`: parked for so long, and not `park_max`, while nothing has ever been let
    /// through: what was never reached (a wrong address, a certificate that nobody trusts) is not
    /// waited for as an outage is.
    explicit Breaker(std::chrono::milliseconds park_max,
                     std::optional<std::chrono::milliseconds> first_answer_max = std::nullopt);

    /// A call sent at `sent_at` met `trouble`, which is not `none`. Calls sent before the gate was
    /// parked, or before the last probe was refused, tell nothing new.
    void refused(FailureClass trouble, io::Moment sent_at, io::Moment now);

    /// A call sent at `sent_at` was let through: no trouble is left. Nothing changes for a gate
    /// that was given up. A gate that is parked again after a call that was sent before it was
    /// parked goes on with the probe delay that it had come to.
    void answered(io::Moment sent_at, io::Moment now);

    [[nodiscard]] State state() const noexcept { return state_; }

    /// When the next probe may leave. Requires that it is parked.
    [[nodiscard]] io::Moment probe_at() const;

    /// Why it is parked or was given up; `none` while it is closed.
    [[nodiscard]] FailureClass reason() const noexcept { return reason_; }

    /// Of the reason, in a row; 0 while it is closed.
    [[nodiscard]] std::uint64_t refusals() const noexcept;

    /// Requires that it is parked.
    [[nodiscard]] io::Moment parked_since() const;

  private:
    struct Streak {
        std::uint64_t refusals = 0;
        io::Moment first_at{};
        io::Moment last_at{};
    };
    static constexpr std::size_t kTroubles = static_cast<std::size_t>(FailureClass::denied) + 1;

    Streak& count(FailureClass trouble, io::Moment now);
    void refused_closed(FailureClass trouble, const Streak& streak, io::Moment now);
    void refused_probe(FailureClass trouble, io::Moment now);
    void set_probe(io::Moment now);

    std::chrono::milliseconds park_max_;  ///< of now: until the first answer that may be shorter
    std::chrono::milliseconds park_max_answered_;
    std::array<Streak, kTroubles> streaks_{};  ///< by trouble
    State state_ = State::closed;
    FailureClass reason_ = FailureClass::none;
    io::Moment parked_since_{};
    io::Moment judged_at_ = io::Moment::min();  ///< parked, or the last probe was refused
    io::Moment probe_at_{};
    std::chrono::milliseconds probe_delay_{0};  ///< the last one; 0 before the first
};

}  // namespace keyferry::engine
