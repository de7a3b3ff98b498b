#include "engine/scheduler.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry {

Scheduler::Scheduler(const SchedulerSettings& settings) : settings_(settings) {
    assert(settings.in_flight_max >= 1);
    assert(settings.same_key_spacing.count() >= 0);
}

BucketIndex Scheduler::add_bucket(const BucketLimits& limits, Moment now) {
    buckets_.push_back(Bucket{TokenBucket(limits, now), 0});
    return static_cast<BucketIndex>(buckets_.size() - 1);
}

EndpointIndex Scheduler::add_endpoint(int in_flight_max) {
    assert(in_flight_max >= 1);
    endpoints_.push_back(Endpoint{in_flight_max, 0});
    return static_cast<EndpointIndex>(endpoints_.size() - 1);
}

LaneIndex Scheduler::add_lane(EndpointIndex endpoint,
                              std::span<const Cost> costs,
                              bool changes_key) {
    assert(endpoint < endpoints_.size());
    lanes_.push_back(Lane{endpoint, {costs.begin(), costs.end()}, changes_key, {}});
    return static_cast<LaneIndex>(lanes_.size() - 1);
}

void Scheduler::enqueue(LaneIndex lane, WaitingCall call, Moment now, Moment not_before) {
    assert(lane < lanes_.size());
    count_waiting(lanes_[lane], 1);
    if (not_before <= now) {
        lanes_[lane].calls.push_back(call);
        return;
    }
    defer(Deferred{not_before, next_sequence_++, lane, call, false});
}

std::optional<StartedCall> Scheduler::start_next(Moment now) {
    release_due(now);
    if (in_flight_ >= settings_.in_flight_max) {
        return std::nullopt;
    }
    std::optional<LaneIndex> best;
    Drain best_drain{-1, -1};
    for (LaneIndex index = 0; index < lanes_.size(); ++index) {
        Lane& lane = lanes_[index];
        if (lane.calls.empty() || !has_room(lane)) {
            continue;
        }
        const Drain lane_drain = drain(lane, now);
        if (lane_drain <= best_drain || tokens_ready_at(lane, now) > now) {
            continue;
        }
        hold_busy_heads(lane, index);
        if (!lane.calls.empty()) {
            best = index;
            best_drain = lane_drain;
        }
    }
    if (!best) {
        return std::nullopt;
    }

    Lane& lane = lanes_[*best];
    const StartedCall started{lane.calls.front(), *best, now};
    lane.calls.pop_front();
    count_waiting(lane, -1);
    for (const Cost& cost : lane.costs) {
        buckets_[cost.bucket].tokens.take(cost.tokens, now);
    }
    ++endpoints_[lane.endpoint].in_flight;
    ++in_flight_;
    if (lane.changes_key && started.call.key != kOnlyCallOfItsKey) {
        busy_keys_[started.call.key] = BusyKey{true, now + settings_.same_key_spacing, {}};
    }
    return started;
}

std::optional<Moment> Scheduler::wake_at(Moment now) const {
    std::optional<Moment> wake;
    if (!deferred_.empty()) {
        wake = deferred_.front().at;
    }
    if (in_flight_ >= settings_.in_flight_max) {
        return wake;  // released calls could not start: a finished call comes first
    }
    for (const Lane& lane : lanes_) {
        if (!lane.calls.empty() && has_room(lane)) {
            const Moment ready = tokens_ready_at(lane, now);
            wake = wake ? std::min(*wake, ready) : ready;
        }
    }
    return wake;
}

void Scheduler::finished(const StartedCall& started, Moment now) {
    const Lane& lane = lanes_[started.lane];
    assert(in_flight_ > 0);
    assert(endpoints_[lane.endpoint].in_flight > 0);
    --endpoints_[lane.endpoint].in_flight;
    --in_flight_;
    if (!lane.changes_key || started.call.key == kOnlyCallOfItsKey) {
        return;
    }
    BusyKey& key = busy_keys_.at(started.call.key);
    key.in_flight = false;
    if (key.free_at <= now) {
        release_key(started.call.key, now);
    } else {
        defer(Deferred{key.free_at, next_sequence_++, started.lane, started.call, true});
    }
}

void Scheduler::throttled(const StartedCall& started, Moment now) {
    // The answer does not say which quota was passed. A ReplicateKey draws on the primary's Region
    // and, twice as hard, on the replica's; blaming the last named cost keeps one Region's trouble
    // from slowing all the others that share the primary.
    const Lane& lane = lanes_[started.lane];
    if (!lane.costs.empty()) {
        buckets_[lane.costs.back().bucket].tokens.throttled(started.at, now);
    }
}

std::chrono::duration<double> Scheduler::drain_time(Moment now) const {
    double longest_s = 0;
    for (const Bucket& bucket : buckets_) {
        longest_s = std::max(longest_s, bucket_drain_s(bucket, now));
    }
    return std::chrono::duration<double>(longest_s);
}

/// Moves everything whose time has come back into its lane, in front: it has waited already.
void Scheduler::release_due(Moment now) {
    while (!deferred_.empty() && deferred_.front().at <= now) {
        std::pop_heap(deferred_.begin(), deferred_.end(), DeferredLater{});
        const Deferred due = deferred_.back();
        deferred_.pop_back();
        if (due.releases_key) {
            release_key(due.call.key, now);
        } else {
            lanes_[due.lane].calls.push_front(due.call);
        }
    }
}

void Scheduler::release_key(std::uint32_t key, Moment now) {
    const auto found = busy_keys_.find(key);
    assert(found != busy_keys_.end());
    assert(!found->second.in_flight && found->second.free_at <= now);
    for (const HeldCall& held : found->second.held) {
        lanes_[held.lane].calls.push_front(held.call);
    }
    busy_keys_.erase(found);
}

/// Sets aside the calls at the head of a lane whose keys are busy, so that the ones behind can go.
void Scheduler::hold_busy_heads(Lane& lane, LaneIndex index) {
    if (!lane.changes_key) {
        return;
    }
    while (!lane.calls.empty()) {
        const auto busy = busy_keys_.find(lane.calls.front().key);
        if (busy == busy_keys_.end()) {
            return;
        }
        busy->second.held.push_back(HeldCall{index, lane.calls.front()});
        lane.calls.pop_front();
    }
}

Moment Scheduler::tokens_ready_at(const Lane& lane, Moment now) const {
    Moment ready = now;
    for (const Cost& cost : lane.costs) {
        ready = std::max(ready, buckets_[cost.bucket].tokens.ready_at(cost.tokens, now));
    }
    return ready;
}

Scheduler::Drain Scheduler::drain(const Lane& lane, Moment now) const {
    Drain drain{0, 0};
    for (const Cost& cost : lane.costs) {
        const double bucket_s = bucket_drain_s(buckets_[cost.bucket], now);
        drain.longest_s = std::max(drain.longest_s, bucket_s);
        drain.all_s += bucket_s;
    }
    return drain;
}

double Scheduler::bucket_drain_s(const Bucket& bucket, Moment now) const {
    return static_cast<double>(bucket.tokens_waited_for) / bucket.tokens.rate_per_s(now);
}

bool Scheduler::has_room(const Lane& lane) const {
    const Endpoint& endpoint = endpoints_[lane.endpoint];
    return endpoint.in_flight < endpoint.in_flight_max;
}

void Scheduler::defer(Deferred deferred) {
    deferred_.push_back(deferred);
    std::push_heap(deferred_.begin(), deferred_.end(), DeferredLater{});
}

void Scheduler::count_waiting(const Lane& lane, int calls) {
    for (const Cost& cost : lane.costs) {
        buckets_[cost.bucket].tokens_waited_for += static_cast<std::int64_t>(calls) * cost.tokens;
    }
    waiting_ = static_cast<std::size_t>(static_cast<std::int64_t>(waiting_) + calls);
}

}  // namespace keyferry
