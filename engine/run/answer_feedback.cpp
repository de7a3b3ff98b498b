// SPDX-License-Identifier: Apache-2.0
#include "engine/run/answer_feedback.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

namespace {

/// An endpoint that has not answered once in this time is more likely mistaken than down.
constexpr std::chrono::seconds kFirstAnswerMax{30};

}  // namespace

AnswerFeedback::AnswerFeedback(const CallLanes& lanes,
                               Scheduler& scheduler,
                               const planner::WaitSettings& wait)
    : lanes_(lanes), scheduler_(scheduler) {
    gates_.reserve(lanes.gates().size());
    for (std::size_t gate = 0; gate < lanes.gates().size(); ++gate) {
        const bool is_endpoint = lanes.gates()[gate].kind == GateKind::endpoint;
        gates_.push_back(Watched{
            is_endpoint ? Breaker(wait.park_timeout, kFirstAnswerMax) : Breaker(wait.park_timeout),
            {},
            {}});
    }
}

bool AnswerFeedback::heard(const StartedCall& started, const CallFeedback& answer, io::Moment now) {
    BucketIndex bucket = scheduler_.lane(started.lane).costs.front().bucket;
    // KMS's quota of keys and its throttles look alike at times: both ask for a slower pace.
    const bool slows = answer.failure_class == FailureClass::throttled ||
                       answer.failure_class == FailureClass::key_quota;
    if (slows) {
        bucket = scheduler_.throttled(started, now, answer.retry_after);
    } else if (answer.failure_class != FailureClass::unreachable) {
        scheduler_.answered(started, now);
    }
    hear_of_gates(started, answer, now);
    if (!answer.is_retried) {
        if (answer.let_through) {
            give_back(started);
        }
        spent_.erase(started.call.id);
        return false;
    }
    return !spend(started, bucket, slows ? kThrottleRetryTokens : kTransientRetryTokens);
}

void AnswerFeedback::hear_of_gates(const StartedCall& started,
                                   const CallFeedback& answer,
                                   io::Moment now) {
    const LaneGates& gates = lanes_.gates_of(started.lane);
    const bool is_heard = answer.failure_class != FailureClass::unreachable ||
                          (answer.is_server_error && gates.replicas.has_value());
    if (is_heard && (gates.replicas || is_unreachable(gates.endpoint))) {
        record_success(gates.endpoint, started, now);  // a refusal is an answer
    }
    if (answer.failure_class == FailureClass::none) {
        record_success(gates.endpoint, started, now);
        if (answer.let_through && gates.replicas) {
            record_success(*gates.replicas, started, now);
            record_success(*gates.permission, started, now);
            gates_[*gates.permission].let_through_at = now;
        }
        return;
    }
    if (!gates.replicas) {
        refused(gates.endpoint, started, answer, now);
        return;
    }
    if (answer.failure_class == FailureClass::denied) {
        if (!answer.is_about_key) {
            refused(*gates.permission, started, answer, now);
        }
        return;
    }
    if (!is_heard) {
        refused(gates.endpoint, started, answer, now);
    }
    // A 5xx of one primary's endpoint may be about the replica's Region alone, and a probe that
    // came to nothing has not shown that the Region is well.
    if (is_heard || gates_[*gates.replicas].breaker.state() == Breaker::State::parked) {
        refused(*gates.replicas, started, answer, now);
    }
}

bool AnswerFeedback::is_unreachable(std::uint32_t gate) const {
    const Breaker& breaker = gates_[gate].breaker;
    return breaker.state() == Breaker::State::parked &&
           breaker.reason() == FailureClass::unreachable;
}

void AnswerFeedback::refused(std::uint32_t gate,
                             const StartedCall& started,
                             const CallFeedback& answer,
                             io::Moment now) {
    Breaker& breaker = gates_[gate].breaker;
    const Breaker::State before = breaker.state();
    if (before == Breaker::State::given_up) {
        return;
    }
    breaker.refused(answer.failure_class, started.at, now);
    gates_[gate].said = answer.code + ": " + answer.message;
    const GateIndex index = lanes_.gates()[gate].gate;
    switch (breaker.state()) {
        case Breaker::State::closed:
            return;
        case Breaker::State::parked:
            scheduler_.park(index, breaker.probe_at());
            break;
        case Breaker::State::given_up:
            scheduler_.abandon(index, now);
            break;
    }
    if (breaker.state() != before) {
        news(gate, now);
    }
}

void AnswerFeedback::record_success(std::uint32_t gate,
                                    const StartedCall& started,
                                    io::Moment now) {
    Breaker& breaker = gates_[gate].breaker;
    const Breaker::State before = breaker.state();
    if (before == Breaker::State::given_up) {
        return;
    }
    const GateNews opened = news_of(gate, now);
    breaker.answered(started.at, now);
    if (before == Breaker::State::parked && breaker.state() == Breaker::State::closed) {
        scheduler_.open(lanes_.gates()[gate].gate, now);
        if (tell_) {
            GateNews news = opened;
            news.state = Breaker::State::closed;
            tell_(news);
        }
    }
}

void AnswerFeedback::news(std::uint32_t gate, io::Moment now) const {
    if (tell_) {
        tell_(news_of(gate, now));
    }
}

GateNews AnswerFeedback::news_of(std::uint32_t gate, io::Moment now) const {
    const Watched& watched = gates_[gate];
    const PlacedGate& placed = lanes_.gates()[gate];
    GateNews news{placed.kind,
                  placed.place,
                  placed.primary_region,
                  watched.breaker.state(),
                  watched.breaker.reason(),
                  watched.breaker.refusals(),
                  watched.said};
    if (watched.breaker.state() == Breaker::State::parked) {
        news.probe_in = std::chrono::ceil<std::chrono::milliseconds>(
            std::max(watched.breaker.probe_at() - now, io::Moment::duration(0)));
    }
    return news;
}

Breaker::State AnswerFeedback::permission_state(LaneIndex lane) const {
    return gates_.at(lanes_.gates_of(lane).permission.value()).breaker.state();
}

std::optional<io::Moment> AnswerFeedback::let_through_at(LaneIndex lane) const {
    return gates_.at(lanes_.gates_of(lane).permission.value()).let_through_at;
}

GateNews AnswerFeedback::abandoned(LaneIndex lane) const {
    const LaneGates& gates = lanes_.gates_of(lane);
    for (const std::optional<std::uint32_t>& gate :
         {std::optional(gates.endpoint), gates.replicas, gates.permission}) {
        if (gate && gates_[*gate].breaker.state() == Breaker::State::given_up) {
            return news_of(*gate, io::Moment::max());
        }
    }
    assert(!"no gate of the lane was given up");
    return news_of(gates.endpoint, io::Moment::max());
}

void AnswerFeedback::forget(std::uint32_t call_id) {
    spent_.erase(call_id);
}

/// True when the budget has paid for the retry.
bool AnswerFeedback::spend(const StartedCall& started, BucketIndex bucket, int tokens) {
    if (!budget(bucket).spend(tokens)) {
        return false;
    }
    spent_.insert_or_assign(started.call.id, Spent{bucket, tokens});
    return true;
}

void AnswerFeedback::give_back(const StartedCall& started) {
    const auto spent = spent_.find(started.call.id);
    if (spent == spent_.end()) {
        for (const Cost& cost : scheduler_.lane(started.lane).costs) {
            budget(cost.bucket).succeeded(std::nullopt);
        }
        return;
    }
    budget(spent->second.bucket).succeeded(spent->second.tokens);
}

RetryBudget& AnswerFeedback::budget(BucketIndex bucket) {
    if (budgets_.size() <= bucket) {
        budgets_.resize(bucket + 1);
    }
    return budgets_[bucket];
}

}  // namespace keyferry::engine
