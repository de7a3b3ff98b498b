// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// Defines when failures of a class open a circuit breaker, and how the scope is then probed.
struct BreakerRule {
    enum class Opens : std::uint8_t {
        never,        ///< calls pass, but if all of them are throttled for throttled_max, the scope
                      ///< is abandoned
        with_probes,  ///< the scope is parked
        for_good,     ///< the scope is abandoned immediately
    };

    /// The breaker opens after at least this many consecutive failures, at least this long after
    /// the first of them.
    int failures_min;
    std::chrono::milliseconds lasting_min;
    /// The delay between probes, which doubles after each failed probe up to the maximum.
    std::chrono::milliseconds probe_delay_min;
    std::chrono::milliseconds probe_delay_max;
    Opens opens = Opens::with_probes;
    /// If set, the scope is abandoned once all its calls have failed with this class for this long,
    /// or for park_max if that is shorter.
    std::optional<std::chrono::milliseconds> lasting_max{};
};

/// Returns the rule for a failure class, which must not be `none`. See the table in
/// circuit_breaker.cpp.
[[nodiscard]] const BreakerRule& breaker_rule(FailureClass failure_class);

/// The circuit breaker of a scope, such as an account, an endpoint or a pair of Regions. If every
/// call in the scope fails, the breaker parks the scope: calls no longer pass, except for an
/// occasional probe. As soon as a call succeeds, the breaker closes, and all calls pass again. A
/// scope that has been parked for `park_max` is abandoned: its jobs are left for a rerun, so that
/// this run can end.
///
/// Failures are counted separately for each failure class until a call succeeds. Pure: all times
/// are arguments.
class CircuitBreaker {
  public:
    enum class State : std::uint8_t {
        closed,     ///< calls pass
        parked,     ///< only one probe at a time passes, starting at probe_at()
        abandoned,  ///< no call passes for the rest of this run
    };

    /// `throttled_max` is how long all calls in the scope may be throttled before it is abandoned.
    CircuitBreaker(std::chrono::milliseconds park_max, std::chrono::milliseconds throttled_max);

    /// Records that a call sent at `sent_at` failed. The class must not be `none`. While the scope
    /// is parked, ignores calls that were sent before it was parked or before the last probe
    /// failed.
    void record_failure(FailureClass failure_class, io::Moment sent_at, io::Moment now);

    /// Records that a call sent at `sent_at` succeeded. Closes the breaker, unless the scope is
    /// abandoned. If the call was sent before the scope was parked, the probe delay is not reset,
    /// so that the next time the scope is parked, the delay continues from its last value.
    void record_success(io::Moment sent_at, io::Moment now);

    /// Records that a call sent at `sent_at` was throttled. The scope responded, so it is
    /// reachable. However, if all calls are throttled for throttled_max, it is abandoned.
    void record_throttle(io::Moment sent_at, io::Moment now);

    /// Records that a probe ended without showing whether this scope works. Another probe is sent
    /// after the usual delay, or the scope is abandoned if park_max has passed. Does nothing if the
    /// scope is not parked.
    void record_wasted_probe(io::Moment sent_at, io::Moment now);

    /// Abandons the scope if all its calls have failed for park_max, even if there were too few of
    /// them to park it. For a copy that outlives the calls; see Outage.
    void conclude() noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }

    /// Whether no failure or throttle has been recorded since the last success, in which case
    /// recording another success has no effect.
    [[nodiscard]] bool is_calm() const noexcept { return is_calm_; }

    /// When the next probe may be sent. The scope must be parked.
    [[nodiscard]] io::Moment probe_at() const;

    /// When the scope will be abandoned unless a call succeeds. The scope must be parked.
    [[nodiscard]] io::Moment abandoned_at() const;

    /// Why the scope is parked or abandoned; `none` while the breaker is closed.
    [[nodiscard]] FailureClass reason() const noexcept { return reason_; }

    /// The number of consecutive failures of the class reason(); 0 while the breaker is closed.
    [[nodiscard]] std::uint64_t failures() const noexcept;

    /// When the scope was parked. The scope must be parked.
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
