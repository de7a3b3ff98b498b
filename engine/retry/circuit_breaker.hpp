// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// Defines when failures of a class open a circuit breaker, and how the scope is probed afterwards.
struct BreakerRule {
    enum class Opens : std::uint8_t {
        never,        ///< calls pass, but the scope is abandoned if all are throttled for
                      ///< throttled_max
        with_probes,  ///< the scope is parked
        for_good,     ///< the scope is abandoned immediately
    };

    /// Minimum number of consecutive failures, and minimum time since the first of them.
    int failures_min;
    std::chrono::milliseconds lasting_min;
    /// Delay between probes; doubled after each failed probe, up to the maximum.
    std::chrono::milliseconds probe_delay_min;
    std::chrono::milliseconds probe_delay_max;
    Opens opens = Opens::with_probes;
    /// If set, the scope is abandoned once it has had only failures of this class for this long,
    /// provided that this is shorter than park_max.
    std::optional<std::chrono::milliseconds> lasting_max{};
};

/// Returns the rule for a failure class other than `none`. See the table in circuit_breaker.cpp.
[[nodiscard]] const BreakerRule& breaker_rule(FailureClass failure_class);

/// The circuit breaker of one scope (an account, an endpoint, a pair of Regions ...). When every
/// call of the scope fails, the breaker parks the scope: it stops the calls and only occasionally
/// lets one pass as a probe. One success closes the breaker again, and all calls pass. A scope that
/// has been parked for `park_max` is abandoned: its jobs are left for a rerun, so that the run can
/// end.
///
/// Failures are counted per failure class until a call succeeds. Pure: all times are arguments.
class CircuitBreaker {
  public:
    enum class State : std::uint8_t {
        closed,     ///< calls pass
        parked,     ///< only a probe passes, from probe_at() on
        abandoned,  ///< no call passes for the rest of this run
    };

    /// `throttled_max`: how long a scope may receive only throttles before it is abandoned.
    CircuitBreaker(std::chrono::milliseconds park_max, std::chrono::milliseconds throttled_max);

    /// Records that a call sent at `sent_at` failed with a class other than `none`. While the scope
    /// is parked, calls that were sent before it was parked or before the last probe failed are
    /// ignored.
    void record_failure(FailureClass failure_class, io::Moment sent_at, io::Moment now);

    /// Records that a call sent at `sent_at` succeeded. Has no effect on an abandoned scope. If the
    /// call was sent before the scope was parked, the scope is no longer parked, but the probe
    /// delay is not reset for the next time.
    void record_success(io::Moment sent_at, io::Moment now);

    /// Records that a call sent at `sent_at` was throttled. The scope is reachable, since it
    /// responded. However, if it returns nothing but throttles for throttled_max, it is abandoned.
    void record_throttle(io::Moment sent_at, io::Moment now);

    /// Records that a probe has ended with an outcome that shows nothing about this scope. The next
    /// probe follows after the usual delay, or the scope is abandoned if park_max has passed. Has
    /// no effect unless the scope is parked.
    void record_wasted_probe(io::Moment sent_at, io::Moment now);

    [[nodiscard]] State state() const noexcept { return state_; }

    /// True if no failure or throttle has been recorded since the last success. Another success
    /// then changes nothing.
    [[nodiscard]] bool is_calm() const noexcept { return is_calm_; }

    /// When the next probe may be sent. Requires that the scope is parked.
    [[nodiscard]] io::Moment probe_at() const;

    /// When the scope will be abandoned unless a call succeeds. Requires that the scope is parked.
    [[nodiscard]] io::Moment abandoned_at() const;

    /// Why the scope is parked or abandoned; `none` while it is closed.
    [[nodiscard]] FailureClass reason() const noexcept { return reason_; }

    /// Consecutive failures of that class; 0 while the scope is closed.
    [[nodiscard]] std::uint64_t failures() const noexcept;

    /// Requires that the scope is parked.
    [[nodiscard]] io::Moment parked_since() const;

  private:
    struct Streak {
        std::uint64_t failures = 0;
        io::Moment first_at{};
        io::Moment last_at{};
    };

    Streak& count(FailureClass failure_class, io::Moment now);
    void fail_closed(FailureClass failure_class, const Streak& streak, io::Moment now);
    void fail_probe(FailureClass failure_class, const Streak& streak, io::Moment now);
    void close(io::Moment sent_at);
    void abandon(FailureClass failure_class) noexcept;
    void set_probe(io::Moment now);

    std::chrono::milliseconds park_max_;
    std::chrono::milliseconds throttled_max_;
    std::array<Streak, kFailureClasses> streaks_{};  ///< indexed by failure class
    FailureClass last_class_ = FailureClass::none;
    bool is_calm_ = true;
    State state_ = State::closed;
    FailureClass reason_ = FailureClass::none;
    io::Moment parked_since_{};
    /// when the scope was parked or the last probe failed
    io::Moment judged_at_ = io::Moment::min();
    io::Moment probe_at_{};
    std::chrono::milliseconds probe_delay_{0};  ///< the last delay; 0 before the first
};

}  // namespace keyferry::engine
