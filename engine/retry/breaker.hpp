// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// When failures park a gate, and how the parked gate is probed.
struct BreakerRule {
    /// Minimum number of consecutive failures, and minimum time since the first of them.
    int refusals_min;
    std::chrono::milliseconds lasting_min;
    /// Delay between probes; doubled after each failed probe, up to the maximum.
    std::chrono::milliseconds probe_delay_min;
    std::chrono::milliseconds probe_delay_max;
    /// False: never parks, but abandons after park_max like the others.
    bool parks;
};

/// Returns the rule for a failure class other than `none`. See the table in breaker.cpp.
[[nodiscard]] const BreakerRule& breaker_rule(FailureClass failure_class);

/// A circuit breaker for one gate (a Region or an endpoint). When every call through the gate
/// fails, it stops sending them and sends a probe now and then instead. One success reopens the
/// gate. After being parked for `park_max` the gate is abandoned: its jobs are left for a rerun,
/// and the run can end.
///
/// Failures are counted per failure class until a call succeeds: a throttle in between says nothing
/// about permission. Pure: all times are arguments.
class Breaker {
  public:
    enum class State : std::uint8_t {
        closed,    ///< calls pass
        parked,    ///< only a probe passes, from probe_at() on
        given_up,  ///< for this run
    };

    /// `first_answer_max`: replaces `park_max` until the first call has succeeded. An endpoint that
    /// was never reached (wrong address, untrusted certificate) is not waited for as long as an
    /// outage.
    explicit Breaker(std::chrono::milliseconds park_max,
                     std::optional<std::chrono::milliseconds> first_answer_max = std::nullopt);

    /// A call sent at `sent_at` failed with a class other than `none`. Calls sent before the gate
    /// was parked, or before the last probe failed, are ignored.
    void refused(FailureClass failure_class, io::Moment sent_at, io::Moment now);

    /// A call sent at `sent_at` succeeded. Has no effect on an abandoned gate. If this call was
    /// sent before the gate was parked and the gate is parked again later, the probe delay is not
    /// reset.
    void answered(io::Moment sent_at, io::Moment now);

    [[nodiscard]] State state() const noexcept { return state_; }

    /// When the next probe may be sent. Requires that the gate is parked.
    [[nodiscard]] io::Moment probe_at() const;

    /// Why the gate is parked or abandoned; `none` while it is closed.
    [[nodiscard]] FailureClass reason() const noexcept { return reason_; }

    /// Consecutive failures of that class; 0 while the gate is closed.
    [[nodiscard]] std::uint64_t refusals() const noexcept;

    /// Requires that the gate is parked.
    [[nodiscard]] io::Moment parked_since() const;

  private:
    struct Streak {
        std::uint64_t refusals = 0;
        io::Moment first_at{};
        io::Moment last_at{};
    };
    static constexpr std::size_t kFailureClasses =
        static_cast<std::size_t>(FailureClass::denied) + 1;

    Streak& count(FailureClass failure_class, io::Moment now);
    void refused_closed(FailureClass failure_class, const Streak& streak, io::Moment now);
    void refused_probe(FailureClass failure_class, io::Moment now);
    void set_probe(io::Moment now);

    /// the current limit, possibly shorter until the first response
    std::chrono::milliseconds park_max_;
    std::chrono::milliseconds park_max_answered_;
    std::array<Streak, kFailureClasses> streaks_{};  ///< by failure class
    State state_ = State::closed;
    FailureClass reason_ = FailureClass::none;
    io::Moment parked_since_{};
    /// when the gate was parked or the last probe failed
    io::Moment judged_at_ = io::Moment::min();
    io::Moment probe_at_{};
    std::chrono::milliseconds probe_delay_{0};  ///< the last delay; 0 before the first
};

}  // namespace keyferry::engine
