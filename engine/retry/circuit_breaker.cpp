// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/circuit_breaker.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Failures that are further apart than this are not considered consecutive, because it is unknown
/// what happened in between. This does not apply to failures that never end a job by themselves,
/// because a quota may be so small that its calls are further apart than this, and nothing else
/// would limit the retries.
constexpr minutes kSilenceMax{10};

constexpr BreakerRule rule_for(FailureClass failure_class) {
    using Opens = BreakerRule::Opens;
    switch (failure_class) {
        case FailureClass::none:
            break;
        case FailureClass::throttled:
            // Throttling is handled by lowering the rate. However, if all calls are throttled for
            // as long as a scope may be parked, waiting longer is pointless.
            return {10, seconds(0), seconds(0), seconds(0), Opens::never};
        case FailureClass::key_quota:
            // LimitExceeded may mean throttling, which ends within seconds. A quota increase has to
            // be requested by the user and takes at least minutes.
            return {5, seconds(10), seconds(30), minutes(5)};
        case FailureClass::server_error:
        case FailureClass::timeout:
            // The failures must last for a while: if most calls fail but the others succeed,
            // parking costs more than it saves.
            return {10, seconds(5), seconds(1), seconds(30)};
        case FailureClass::unreachable:
            // There is no minimum duration, because at high rates, a dead endpoint would otherwise
            // receive tens of thousands of attempts. The first probe is sent after a second.
            return {10, seconds(0), seconds(1), seconds(30)};
        case FailureClass::unusable_endpoint:
            // The endpoint does not recover by itself, except when a DNS record or certificate is
            // being replaced at the moment.
            return {3, seconds(0), seconds(1), seconds(10), Opens::with_probes, seconds(30)};
        case FailureClass::no_credentials:
            // Every other call for the account would fail in the same way. The credential source
            // may be temporarily unavailable, or the user may have to sign in again.
            return {1, seconds(0), seconds(1), seconds(30)};
        case FailureClass::bad_credentials:
            // The client has already renewed the credentials and corrected the clock.
            return {1, seconds(0), seconds(0), seconds(0), Opens::for_good};
    }
    return {1, seconds(0), seconds(0), seconds(0), Opens::for_good};
}

constexpr std::array kRules = [] {
    std::array<BreakerRule, kFailureClasses> rules{};
    for (std::size_t index = 0; index < rules.size(); ++index) {
        rules[index] = rule_for(static_cast<FailureClass>(index));
    }
    return rules;
}();

}  // namespace

const BreakerRule& breaker_rule(FailureClass failure_class) {
    assert(failure_class != FailureClass::none);
    return kRules.at(static_cast<std::size_t>(failure_class));
}

CircuitBreaker::CircuitBreaker(milliseconds park_max, milliseconds throttled_max)
    : park_max_(park_max), throttled_max_(throttled_max) {
    assert(park_max_.count() > 0 && throttled_max_.count() > 0);
}

void CircuitBreaker::record_failure(FailureClass failure_class,
                                    io::Moment sent_at,
                                    io::Moment now) {
    assert(failure_class != FailureClass::none);
    assert(sent_at <= now);
    streaks_[static_cast<std::size_t>(FailureClass::throttled)] = {};
    switch (state_) {
        case State::closed:
            fail_closed(failure_class, count(failure_class, now), now);
            return;
        case State::parked:
            if (sent_at > judged_at_) {
                fail_probe(failure_class, count(failure_class, now), now);
            }
            return;
        case State::abandoned:
            return;
    }
}

void CircuitBreaker::record_success(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    if (state_ != State::abandoned) {
        streaks_ = {};
        close(sent_at);
        is_calm_ = probe_delay_ == milliseconds(0);
    }
}

void CircuitBreaker::record_throttle(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    if (state_ == State::abandoned) {
        return;
    }
    Streak& throttles = streaks_[static_cast<std::size_t>(FailureClass::throttled)];
    const Streak kept = throttles;
    streaks_ = {};
    throttles = kept;
    close(sent_at);
    fail_closed(FailureClass::throttled, count(FailureClass::throttled, now), now);
}

void CircuitBreaker::record_wasted_probe(io::Moment sent_at, io::Moment now) {
    if (state_ != State::parked || sent_at <= judged_at_) {
        return;
    }
    if (now - parked_since_ >= park_max_) {
        abandon(reason_);
        return;
    }
    set_probe(now);
}

void CircuitBreaker::conclude() noexcept {
    if (state_ != State::closed) {
        return;
    }
    for (std::size_t index = 0; index < streaks_.size(); ++index) {
        const auto failure_class = static_cast<FailureClass>(index);
        const Streak& streak = streaks_[index];
        const bool is_throttled =
            failure_class == FailureClass::throttled || failure_class == FailureClass::key_quota;
        if (!is_throttled && streak.failures > 1 && streak.last_at - streak.first_at >= park_max_) {
            abandon(failure_class);
            return;
        }
    }
}

io::Moment CircuitBreaker::probe_at() const {
    assert(state_ == State::parked);
    return probe_at_;
}

io::Moment CircuitBreaker::abandoned_at() const {
    assert(state_ == State::parked);
    const BreakerRule& rule = breaker_rule(reason_);
    io::Moment latest = parked_since_ + park_max_;
    if (rule.lasting_max) {
        const Streak& streak = streaks_[static_cast<std::size_t>(reason_)];
        latest = std::min<io::Moment>(latest, streak.first_at + *rule.lasting_max);
    }
    return latest;
}

std::uint64_t CircuitBreaker::failures() const noexcept {
    return streaks_[static_cast<std::size_t>(reason_)].failures;
}

io::Moment CircuitBreaker::parked_since() const {
    assert(state_ == State::parked);
    return parked_since_;
}

CircuitBreaker::Streak& CircuitBreaker::count(FailureClass failure_class, io::Moment now) {
    Streak& streak = streaks_[static_cast<std::size_t>(failure_class)];
    const bool is_bounded_here =
        failure_class == FailureClass::throttled || failure_class == FailureClass::key_quota;
    const bool is_alone = breaker_rule(failure_class).lasting_max.has_value();
    if (streak.failures == 0 || (!is_bounded_here && now - streak.last_at > kSilenceMax) ||
        (is_alone && last_class_ != failure_class)) {
        streak = Streak{0, now, now};
    }
    last_class_ = failure_class;
    is_calm_ = false;
    ++streak.failures;
    streak.last_at = now;
    return streak;
}

void CircuitBreaker::fail_closed(FailureClass failure_class, const Streak& streak, io::Moment now) {
    const BreakerRule& rule = breaker_rule(failure_class);
    const io::Moment::duration lasted = now - streak.first_at;
    if (streak.failures < static_cast<std::uint64_t>(rule.failures_min) ||
        lasted < rule.lasting_min) {
        return;
    }
    switch (rule.opens) {
        case BreakerRule::Opens::never:
            if (lasted >= throttled_max_) {
                abandon(failure_class);
            }
            return;
        case BreakerRule::Opens::for_good:
            abandon(failure_class);
            return;
        case BreakerRule::Opens::with_probes:
            state_ = State::parked;
            reason_ = failure_class;
            parked_since_ = now;
            set_probe(now);
            return;
    }
}

void CircuitBreaker::fail_probe(FailureClass failure_class, const Streak& streak, io::Moment now) {
    const BreakerRule& rule = breaker_rule(failure_class);
    if (rule.opens != BreakerRule::Opens::never) {
        reason_ = failure_class;
    }
    const bool is_hopeless = rule.opens == BreakerRule::Opens::for_good ||
                             (rule.lasting_max && now - streak.first_at >= *rule.lasting_max);
    if (is_hopeless || now - parked_since_ >= park_max_) {
        state_ = State::abandoned;
        return;
    }
    set_probe(now);
}

void CircuitBreaker::close(io::Moment sent_at) {
    if (sent_at > judged_at_) {
        probe_delay_ = milliseconds(0);
    }
    state_ = State::closed;
    reason_ = FailureClass::none;
    last_class_ = FailureClass::none;
}

void CircuitBreaker::abandon(FailureClass failure_class) noexcept {
    state_ = State::abandoned;
    reason_ = failure_class;
}

/// Schedules the next probe, no later than the time when the scope is due to be abandoned.
void CircuitBreaker::set_probe(io::Moment now) {
    const BreakerRule& rule = breaker_rule(reason_);
    probe_delay_ = std::clamp(probe_delay_ * 2, rule.probe_delay_min, rule.probe_delay_max);
    judged_at_ = now;
    probe_at_ = std::max(now, std::min<io::Moment>(now + probe_delay_, abandoned_at()));
}

}  // namespace keyferry::engine
