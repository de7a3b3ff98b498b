// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/breaker.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Refusals with a longer silence between them are not in a row: nobody knows what happened in it.
/// But for those that end no job by themselves: a quota may be so small that its calls are further
/// apart than that, and then nothing else would bound them.
constexpr minutes kSilenceMax{10};

// The rate is the answer to throttles. Ten in a row are no chance, though, if nothing but them
// comes for as long as a gate may be parked.
constexpr BreakerRule kThrottled{10, seconds(0), seconds(0), seconds(0), false};

// A server that restarts, or a network that changes its route, is back within seconds.
constexpr BreakerRule kUnreachable{10, seconds(5), seconds(1), seconds(30), true};

// LimitExceeded may be a throttle in its clothes, which passes within seconds. A quota that is
// raised by a person takes minutes at least.
constexpr BreakerRule kKeyQuota{5, seconds(10), seconds(30), minutes(5), true};

// Ten different keys, one after the other: most likely all of them are refused, and a policy has to
// change. A person does that. Keys with policies of their own may lie side by side, though, so each
// probe is another key.
constexpr BreakerRule kDenied{10, seconds(0), seconds(30), minutes(5), true};

}  // namespace

const BreakerRule& breaker_rule(FailureClass trouble) {
    switch (trouble) {
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
    assert(!"no trouble needs no rule");
    return kThrottled;
}

Breaker::Breaker(milliseconds park_max, std::optional<milliseconds> first_answer_max)
    : park_max_(std::min(park_max, first_answer_max.value_or(park_max))),
      park_max_answered_(park_max) {
    assert(park_max_.count() > 0);
}

void Breaker::refused(FailureClass trouble, io::Moment sent_at, io::Moment now) {
    assert(trouble != FailureClass::none);
    assert(sent_at <= now);
    switch (state_) {
        case State::closed:
            refused_closed(trouble, count(trouble, now), now);
            return;
        case State::parked:
            if (sent_at > judged_at_) {
                count(trouble, now);
                refused_probe(trouble, now);
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

Breaker::Streak& Breaker::count(FailureClass trouble, io::Moment now) {
    Streak& streak = streaks_[static_cast<std::size_t>(trouble)];
    const bool is_bounded_here =
        trouble == FailureClass::throttled || trouble == FailureClass::key_quota;
    if (streak.refusals == 0 || (!is_bounded_here && now - streak.last_at > kSilenceMax)) {
        streak = Streak{0, now, now};
    }
    ++streak.refusals;
    streak.last_at = now;
    return streak;
}

void Breaker::refused_closed(FailureClass trouble, const Streak& streak, io::Moment now) {
    const BreakerRule& rule = breaker_rule(trouble);
    const io::Moment::duration lasted = now - streak.first_at;
    if (streak.refusals < static_cast<std::uint64_t>(rule.refusals_min) ||
        lasted < rule.lasting_min) {
        return;
    }
    if (rule.parks) {
        state_ = State::parked;
        reason_ = trouble;
        parked_since_ = now;
        set_probe(now);
    } else if (lasted >= park_max_) {
        state_ = State::given_up;
        reason_ = trouble;
    }
}

void Breaker::refused_probe(FailureClass trouble, io::Moment now) {
    if (breaker_rule(trouble).parks) {
        reason_ = trouble;
    }
    if (now - parked_since_ >= park_max_) {
        state_ = State::given_up;
        return;
    }
    set_probe(now);
}

/// The last probe goes out when the gate would be given up, and not much later.
void Breaker::set_probe(io::Moment now) {
    const BreakerRule& rule = breaker_rule(reason_);
    probe_delay_ = std::clamp(probe_delay_ * 2, rule.probe_delay_min, rule.probe_delay_max);
    judged_at_ = now;
    probe_at_ = std::max(now, std::min(now + probe_delay_, parked_since_ + park_max_));
}

}  // namespace keyferry::engine
