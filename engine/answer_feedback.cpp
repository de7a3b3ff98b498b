#include "engine/answer_feedback.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry {

AnswerFeedback::AnswerFeedback(const CallLanes& lanes,
                               Scheduler& scheduler,
                               const WaitSettings& wait)
    : lanes_(lanes), scheduler_(scheduler) {
    gates_.reserve(lanes.gates().size());
    for (std::size_t gate = 0; gate < lanes.gates().size(); ++gate) {
        gates_.push_back(Watched{Breaker(wait.park_timeout), {}});
    }
}

bool AnswerFeedback::heard(const StartedCall& started, const Answer& answer, Moment now) {
    BucketIndex bucket = scheduler_.lane(started.lane).costs.front().bucket;
    // KMS's quota of keys and its throttles look alike at times: both ask for a slower pace.
    const bool slows = answer.trouble == Trouble::throttled || answer.trouble == Trouble::key_quota;
    if (slows) {
        bucket = scheduler_.throttled(started, now, answer.retry_after);
    } else if (answer.trouble != Trouble::unreachable) {
        scheduler_.answered(started, now);
    }
    hear_of_gates(started, answer, now);
    if (!answer.is_retried) {
        if (answer.trouble == Trouble::none) {
            give_back(started);
        }
        spent_.erase(started.call.id);
        return false;
    }
    return !spend(started, bucket, slows ? kThrottleRetryTokens : kTransientRetryTokens);
}

void AnswerFeedback::hear_of_gates(const StartedCall& started, const Answer& answer, Moment now) {
    const std::uint32_t endpoint = lanes_.endpoint_of(started.lane);
    const std::uint32_t replicas = lanes_.replicas_of(started.lane);
    if (answer.trouble == Trouble::unreachable) {
        refused(endpoint, started, answer, now);
        return;
    }
    if (answer.trouble == Trouble::none) {
        let_pass(endpoint, started, now);
        if (answer.let_through && replicas != endpoint) {
            let_pass(replicas, started, now);
        }
        return;
    }
    if (replicas != endpoint) {
        let_pass(endpoint, started, now);  // a refusal is an answer
    }
    refused(replicas, started, answer, now);
}

void AnswerFeedback::refused(std::uint32_t gate,
                             const StartedCall& started,
                             const Answer& answer,
                             Moment now) {
    Breaker& breaker = gates_[gate].breaker;
    const Breaker::State before = breaker.state();
    if (before == Breaker::State::given_up) {
        return;
    }
    breaker.refused(answer.trouble, started.at, now);
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

void AnswerFeedback::let_pass(std::uint32_t gate, const StartedCall& started, Moment now) {
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

void AnswerFeedback::news(std::uint32_t gate, Moment now) const {
    if (tell_) {
        tell_(news_of(gate, now));
    }
}

GateNews AnswerFeedback::news_of(std::uint32_t gate, Moment now) const {
    const Watched& watched = gates_[gate];
    const PlacedGate& placed = lanes_.gates()[gate];
    GateNews news{placed.kind,
                  placed.place,
                  watched.breaker.state(),
                  watched.breaker.reason(),
                  watched.breaker.refusals(),
                  watched.said};
    if (watched.breaker.state() == Breaker::State::parked) {
        news.probe_in = std::chrono::ceil<std::chrono::milliseconds>(
            std::max(watched.breaker.probe_at() - now, Moment::duration(0)));
    }
    return news;
}

Breaker::State AnswerFeedback::replicas_state(LaneIndex lane) const {
    return gates_.at(lanes_.replicas_of(lane)).breaker.state();
}

GateNews AnswerFeedback::abandoned(LaneIndex lane) const {
    const std::uint32_t endpoint = lanes_.endpoint_of(lane);
    const bool at_endpoint = gates_[endpoint].breaker.state() == Breaker::State::given_up;
    const std::uint32_t gate = at_endpoint ? endpoint : lanes_.replicas_of(lane);
    assert(gates_[gate].breaker.state() == Breaker::State::given_up);
    return news_of(gate, Moment::max());
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

}  // namespace keyferry
