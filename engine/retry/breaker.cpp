// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/breaker.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Failures with a longer silence between them are not consecutive: what happened in between is
/// unknown. This does not apply to failures that never end a job by themselves: a quota may be so
/// small that its calls are further apart than this, and nothing else would bound them.
constexpr minutes kSilenceMax{10};

// Throttles are handled by the rate. But ten in a row are not a coincidence if only throttles
// arrive for as long as a gate may be parked.
constexpr BreakerRule kThrottled{10, seconds(0), seconds(0), seconds(0), false};

// A restarting server or a rerouted network is back within seconds.
constexpr BreakerRule kUnreachable{10, seconds(5), seconds(1), seconds(30), true};

// LimitExceeded may be a throttle, which passes within seconds. A quota increase by a person takes
// minutes at least.
constexpr BreakerRule kKeyQuota{5, seconds(10), seconds(30), minutes(5), true};

// Ten consecutive denials of different keys: most likely all keys are denied and a person has to
// change a policy. Adjacent keys may have policies of their own, so each probe uses another key.
constexpr BreakerRule kDenied{10, seconds(0), seconds(30), minutes(5), true};

}  // namespace

const BreakerRule& breaker_rule(FailureClass failure_class) {
    switch (failure_class) {
        case FailureClass::none:
            break;
        case FailureClass::throttled:
            return kThrottled;
        case FailureClass::unreachable:
            return kUnreachable;
        case FailureClass::key_quota:
            return kKeyQuota;
        case FailureClass::denied:
            return kDenied;
    }
    assert(!"FailureClass::none has no rule");
    return kThrottled;
}

Breaker::Breaker(milliseconds park_max, std::optional<milliseconds> first_answer_max)
    : park_max_(std::min(park_max, first_answer_max.value_or(park_max))),
      park_max_answered_(park_max) {
    assert(park_max_.count() > 0);
}

void Breaker::refused(FailureClass failure_class, io::Moment sent_at, io::Moment now) {
    assert(failure_class != FailureClass::none);
    assert(sent_at <= now);
    switch (state_) {
        case State::closed:
            refused_closed(failure_class, count(failure_class, now), now);
            return;
        case State::parked:
            if (sent_at > judged_at_) {
                count(failure_class, now);
                refused_probe(failure_class, now);
            }
            return;
        case State::given_up:
            return;
    }
}

void Breaker::answered(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    if (state_ == State::given_up) {
        return;
    }
    if (sent_at > judged_at_) {
        probe_delay_ = milliseconds(0);
    }
    park_max_ = park_max_answered_;
    streaks_ = {};
    state_ = State::closed;
    reason_ = FailureClass::none;
}

io::Moment Breaker::probe_at() const {
    assert(state_ == State::parked);
    return probe_at_;
}

std::uint64_t Breaker::refusals() const noexcept {
    return streaks_[static_cast<std::size_t>(reason_)].refusals;
}

io::Moment Breaker::parked_since() const {
    assert(state_ == State::parked);
    return parked_since_;
}

Breaker::Streak& Breaker::count(FailureClass failure_class, io::Moment now) {
    Streak& streak = streaks_[static_cast<std::size_t>(failure_class)];
    const bool is_bounded_here =
        failure_class == FailureClass::throttled || failure_class == FailureClass::key_quota;
    if (streak.refusals == 0 || (!is_bounded_here && now - streak.last_at > kSilenceMax)) {
        streak = Streak{0, now, now};
    }
    ++streak.refusals;
    streak.last_at = now;
    return streak;
}

void Breaker::refused_closed(FailureClass failure_class, const Streak& streak, io::Moment now) {
    const BreakerRule& rule = breaker_rule(failure_class);
    const io::Moment::duration lasted = now - streak.first_at;
    if (streak.refusals < static_cast<std::uint64_t>(rule.refusals_min) ||
        lasted < rule.lasting_min) {
        return;
    }
    if (rule.parks) {
        state_ = State::parked;
        reason_ = failure_class;
        parked_since_ = now;
        set_probe(now);
    } else if (lasted >= park_max_) {
        state_ = State::given_up;
        reason_ = failure_class;
    }
}

void Breaker::refused_probe(FailureClass failure_class, io::Moment now) {
    if (breaker_rule(failure_class).parks) {
        reason_ = failure_class;
    }
    if (now - parked_since_ >= park_max_) {
        state_ = State::given_up;
        return;
    }
    set_probe(now);
}

/// The last probe is sent when the gate is due to be abandoned, and not much later.
void Breaker::set_probe(io::Moment now) {
    const BreakerRule& rule = breaker_rule(reason_);
    probe_delay_ = std::clamp(probe_delay_ * 2, rule.probe_delay_min, rule.probe_delay_max);
    judged_at_ = now;
    probe_at_ = std::max(now, std::min(now + probe_delay_, parked_since_ + park_max_));
}

}  // namespace keyferry::engine
