// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/flow_control.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

using State = CircuitBreaker::State;

FlowControl::FlowControl(const LaneTable& lanes,
                         Scheduler& scheduler,
                         std::chrono::milliseconds park_max,
                         std::chrono::milliseconds throttled_max)
    : lanes_(lanes),
      scheduler_(scheduler),
      park_max_(park_max),
      new_breaker_(park_max, throttled_max) {}

void FlowControl::continue_from(const Outages& outages) {
    for (; scopes_continued_ < lanes_.scopes().size(); ++scopes_continued_) {
        const PlacedScope& placed = lanes_.scopes()[scopes_continued_];
        const auto outage =
            placed.scope == FailureScope::endpoint ? outages.find(placed.place) : outages.end();
        if (outage == outages.end() || outage->second.waited < park_max_) {
            continue;
        }
        scopes_.resize(std::max<std::size_t>(scopes_.size(), scopes_continued_ + 1),
                       ScopeState(new_breaker_));
        ScopeState& scope = scopes_[scopes_continued_];
        scope.breaker = outage->second.breaker;
        scope.code = outage->second.code;
        scope.message = outage->second.message;
        scheduler_.abandon(placed.gate);
    }
}

void FlowControl::store(Outages& outages) const {
    for (ScopeIndex index = 0; index < scopes_.size(); ++index) {
        const PlacedScope& placed = lanes_.scopes()[index];
        if (placed.scope != FailureScope::endpoint) {
            continue;
        }
        const ScopeState& scope = scopes_[index];
        Outage outage{scope.breaker, scope.code, scope.message, park_max_};
        outage.breaker.conclude();
        if (outage.breaker.state() == State::abandoned) {
            outages.insert_or_assign(placed.place, std::move(outage));
        }
    }
}

bool FlowControl::record(const StartedCall& call, const CallFeedback& feedback, io::Moment now) {
    StartedCall started = call;
    started.at = std::min(call.at, now);  // the call may have failed before it was due to be sent
    BucketIndex bucket = scheduler_.lane(started.lane).costs.front().bucket;
    // An exhausted key quota cannot always be distinguished from throttling; both require a lower
    // rate.
    const bool slows = feedback.failure_class == FailureClass::throttled ||
                       feedback.failure_class == FailureClass::key_quota;
    if (slows) {
        bucket = scheduler_.throttled(started, now, feedback.retry_after);
    } else if (feedback.failure_class == FailureClass::none) {
        scheduler_.answered(started, now);
    }
    scopes_.resize(std::max(scopes_.size(), lanes_.scopes().size()), ScopeState(new_breaker_));
    const LaneScopes& scopes = lanes_.scopes_of(started.lane);
    update_scope(scopes.account, false, started, feedback, now);
    update_scope(scopes.endpoint, !scopes.pair, started, feedback, now);
    if (scopes.pair) {
        update_scope(*scopes.replicas, false, started, feedback, now);
        update_scope(*scopes.pair, true, started, feedback, now);
    }
    if (!feedback.is_retried) {
        if (feedback.was_performed) {
            refund(started);
        }
        spent_.erase(started.call.id);
        return false;
    }
    return !spend(started, bucket, slows ? kThrottleRetryTokens : kTransientRetryTokens);
}

void FlowControl::update_scope(ScopeIndex index,
                               bool is_narrowest,
                               const StartedCall& started,
                               const CallFeedback& feedback,
                               io::Moment now) {
    ScopeState& scope = scopes_[index];
    const State before = scope.breaker.state();
    const FailureScope kind = lanes_.scopes()[index].scope;
    const ScopeEffect effect = effect_on(kind, feedback.failure_class, is_narrowest);
    const bool is_healthy = effect == ScopeEffect::healthy ||
                            (effect == ScopeEffect::healthy_if_performed && feedback.was_performed);
    if (before == State::abandoned ||
        (before == State::closed && is_healthy && scope.breaker.is_calm())) {
        return;  // by far the most common case
    }
    const ScopeNews old = news_of(index, now);
    if (is_healthy) {
        scope.breaker.record_success(started.at, now);
    } else if (effect == ScopeEffect::nothing || effect == ScopeEffect::healthy_if_performed) {
        scope.breaker.record_wasted_probe(started.at, now);
    } else {
        scope.code = feedback.code;
        scope.message = feedback.message;
        if (effect == ScopeEffect::throttled) {
            scope.breaker.record_throttle(started.at, now);
        } else {
            scope.breaker.record_failure(feedback.failure_class, started.at, now);
        }
    }
    apply(index, before, old, now);
}

void FlowControl::record_late_effect(LaneIndex lane, io::Moment sent_at, io::Moment now) {
    const std::optional<ScopeIndex>& pair = lanes_.scopes_of(lane).pair;
    if (!pair || *pair >= scopes_.size()) {
        return;
    }
    const CircuitBreaker& breaker = scopes_[*pair].breaker;
    if (breaker.state() != State::parked || sent_at >= breaker.parked_since()) {
        record_success(*pair, now);
    }
}

void FlowControl::record_credentials(LaneIndex lane, io::Moment now) {
    const ScopeIndex account = lanes_.scopes_of(lane).account;
    if (account < scopes_.size()) {
        record_success(account, now);
    }
}

void FlowControl::record_success(ScopeIndex index, io::Moment now) {
    CircuitBreaker& breaker = scopes_[index].breaker;
    const State before = breaker.state();
    if (before != State::abandoned) {
        const ScopeNews old = news_of(index, now);
        breaker.record_success(now, now);
        apply(index, before, old, now);
    }
}

/// Parks, opens or abandons the scope's gate to match its circuit breaker. `before` and `old`
/// describe the scope before the change.
void FlowControl::apply(ScopeIndex index, State before, const ScopeNews& old, io::Moment now) {
    const CircuitBreaker& breaker = scopes_[index].breaker;
    const GateIndex gate = lanes_.scopes()[index].gate;
    switch (breaker.state()) {
        case State::closed:
            if (before == State::parked) {
                scheduler_.open(gate, now);
            }
            break;
        case State::parked:
            scheduler_.park(gate, breaker.probe_at());
            break;
        case State::abandoned:
            scheduler_.abandon(gate);
            break;
    }
    if (!on_news_ || breaker.state() == before) {
        return;
    }
    ScopeNews news = breaker.state() == State::closed ? old : news_of(index, now);
    news.state = breaker.state();
    on_news_(news);
}

ScopeNews FlowControl::news_of(ScopeIndex index, io::Moment now) const {
    const ScopeState& scope = scopes_[index];
    const PlacedScope& placed = lanes_.scopes()[index];
    ScopeNews news{placed.scope,
                   placed.place,
                   placed.primary_region,
                   scope.breaker.state(),
                   scope.breaker.reason(),
                   scope.breaker.failures(),
                   scope.code,
                   scope.message};
    if (news.state == State::parked) {
        const auto until = [now](io::Moment moment) {
            return std::chrono::ceil<std::chrono::milliseconds>(
                std::max(moment - now, io::Moment::duration(0)));
        };
        news.probe_in = until(scope.breaker.probe_at());
        news.abandoned_in = until(scope.breaker.abandoned_at());
    }
    return news;
}

ScopeNews FlowControl::abandoned_scope(LaneIndex lane, io::Moment now) const {
    const LaneScopes& scopes = lanes_.scopes_of(lane);
    for (const std::optional<ScopeIndex>& scope : {std::optional(scopes.account),
                                                   std::optional(scopes.endpoint),
                                                   scopes.replicas,
                                                   scopes.pair}) {
        if (scope && is_abandoned(*scope)) {
            return news_of(*scope, now);
        }
    }
    assert(!"no scope of the lane was abandoned");
    return news_of(scopes.endpoint, now);
}

std::string last_failure_text(const ScopeNews& news) {
    return news.code.empty() ? news.message : news.code + ": " + news.message;
}

std::string failures_text(const ScopeNews& news) {
    return news.failures == 1 ? "a failure" : std::to_string(news.failures) + " failures in a row";
}

std::vector<ScopeNews> FlowControl::parked_scopes(io::Moment now) const {
    std::vector<ScopeNews> parked;
    for (ScopeIndex index = 0; index < scopes_.size(); ++index) {
        if (scopes_[index].breaker.state() == State::parked) {
            parked.push_back(news_of(index, now));
        }
    }
    return parked;
}

bool FlowControl::are_all_accounts_abandoned(LaneIndex lane) const {
    if (!is_abandoned(lanes_.scopes_of(lane).account)) {
        return false;  // the common case, without scanning all scopes
    }
    for (ScopeIndex index = 0; index < lanes_.scopes().size(); ++index) {
        if (lanes_.scopes()[index].scope == FailureScope::account && !is_abandoned(index)) {
            return false;
        }
    }
    return true;
}

bool FlowControl::is_abandoned(ScopeIndex index) const {
    return index < scopes_.size() && scopes_[index].breaker.state() == State::abandoned;
}

/// Returns whether the retry budget covers the retry.
bool FlowControl::spend(const StartedCall& started, BucketIndex bucket, int tokens) {
    if (!budget(bucket).spend(tokens)) {
        return false;
    }
    spent_.insert_or_assign(started.call.id, Spent{bucket, tokens});
    return true;
}

void FlowControl::refund(const StartedCall& started) {
    const auto spent = spent_.find(started.call.id);
    if (spent == spent_.end()) {
        for (const Cost& cost : scheduler_.lane(started.lane).costs) {
            budget(cost.bucket).succeeded(std::nullopt);
        }
        return;
    }
    budget(spent->second.bucket).succeeded(spent->second.tokens);
}

RetryBudget& FlowControl::budget(BucketIndex bucket) {
    if (budgets_.size() <= bucket) {
        budgets_.resize(bucket + 1);
    }
    return budgets_[bucket];
}

}  // namespace keyferry::engine
