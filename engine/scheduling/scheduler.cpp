// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

Scheduler::Scheduler(const SchedulerSettings& settings) : busy_keys_(settings.same_key_spacing) {
    const GateIndex of_all = add_gate(settings.in_flight_max);
    assert(of_all == kGlobalLimit);
}

BucketIndex Scheduler::add_bucket(const BucketLimits& limits, io::Moment now) {
    const auto index = static_cast<BucketIndex>(buckets_.size());
    buckets_.push_back(Bucket{TokenBucket(limits, now), add_holder(false, index), 0, {}});
    return index;
}

GateIndex Scheduler::add_gate(int in_flight_max) {
    const auto index = static_cast<GateIndex>(gates_.size());
    gates_.push_back(GateState{Gate(in_flight_max), add_holder(true, index)});
    return index;
}

Scheduler::HolderIndex Scheduler::add_holder(bool is_gate, std::uint32_t index) {
    holders_.push_back(Constraint{is_gate, index, {}, std::nullopt});
    return static_cast<HolderIndex>(holders_.size() - 1);
}

LaneIndex Scheduler::add_lane(LaneSettings settings) {
    settings.gates.push_back(kGlobalLimit);
    for (const GateIndex gate : settings.gates) {
        assert(gate < gates_.size());
    }
    for (const Cost& cost : settings.costs) {
        assert(cost.bucket < buckets_.size() && cost.tokens >= 1);
    }
    lanes_.push_back(Lane{std::move(settings), {}, {}});
    return static_cast<LaneIndex>(lanes_.size() - 1);
}

void Scheduler::add_backlog(LaneIndex lane, std::uint64_t calls, Backlog& source) {
    lanes_.at(lane).calls.set_backlog(calls, source);
    count_waiting(lanes_[lane], static_cast<std::int64_t>(calls));
    has_calls(lane);
}

void Scheduler::enqueue(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before) {
    defer(DeferredCall{LaneCall{call, lane}, false}, now, not_before);
}

void Scheduler::postpone(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before) {
    defer(DeferredCall{LaneCall{call, lane}, true}, now, not_before);
}

void Scheduler::defer(const DeferredCall& deferred, io::Moment now, io::Moment not_before) {
    count_waiting(lanes_.at(deferred.call.lane), 1);
    if (not_before <= now) {
        admit(deferred);
    } else {
        deferred_.push(not_before, deferred);
    }
}

void Scheduler::admit(const DeferredCall& deferred) {
    LaneCalls& calls = lanes_[deferred.call.lane].calls;
    if (deferred.is_postponed) {
        calls.push_last(deferred.call.call);
    } else {
        calls.schedule_event(deferred.call.call);
    }
    has_calls(deferred.call.lane);
}

void Scheduler::has_calls(LaneIndex lane) {
    if (!std::exchange(lanes_[lane].is_placed, true)) {
        new_lanes_.push_back(lane);
    }
}

std::optional<StartedCall> Scheduler::start_next(io::Moment now) {
    release_due(now);
    place_new_lanes(now);
    offer_due(now);
    while (!startable_.empty()) {
        const LaneIndex lane = take_best_startable(now);
        const HolderIndex from = lanes_[lane].from;
        const std::optional<StartedCall> started = try_start(lane, now);
        if (from != kNoHolder) {
            offer_next(from, now);
        }
        if (started) {
            return started;
        }
    }
    return std::nullopt;
}

std::optional<io::Moment> Scheduler::wake_at() const {
    assert(startable_.empty() && new_lanes_.empty());
    std::optional<io::Moment> wake;
    for (const std::optional<io::Moment>& at :
         {deferred_.earliest(), offers_.earliest(), busy_keys_.release_at()}) {
        if (at && (!wake || *at < *wake)) {
            wake = at;
        }
    }
    return wake;
}

void Scheduler::left_late(const StartedCall& started, io::Moment now) {
    const LaneSettings& lane = lanes_.at(started.lane).settings;
    for (const Cost& cost : lane.costs) {
        buckets_[cost.bucket].tokens.left_late(started.at, now);
    }
    if (lane.changes_key) {
        busy_keys_.left_late(started.call.key, now);
    }
}

void Scheduler::finished(const StartedCall& started, io::Moment now) {
    const LaneSettings& lane = lanes_.at(started.lane).settings;
    if (lane.changes_key) {
        released_.clear();
        busy_keys_.finished(started.call.key, released_);
        release(released_);
    }
    for (const GateIndex gate : lane.gates) {
        gates_[gate].gate.leave();
        offer_next(gates_[gate].holder, now);
    }
}

BucketIndex Scheduler::throttled(const StartedCall& started,
                                 io::Moment now,
                                 std::optional<std::chrono::milliseconds> retry_after) {
    Lane& lane = lanes_.at(started.lane);
    assert(!lane.settings.costs.empty());
    count_answer(lane, true, now);
    std::vector<const AnswerTally*> tallies;
    for (const Cost& cost : lane.settings.costs) {
        tallies.push_back(&buckets_[cost.bucket].answers);
    }
    const std::size_t guilty = bucket_to_blame(lane.answers, tallies, now);
    const BucketIndex blamed = lane.settings.costs.at(guilty).bucket;
    buckets_[blamed].tokens.throttled(started.at, now, retry_after);
    return blamed;
}

void Scheduler::answered(const StartedCall& started, io::Moment now) {
    Lane& lane = lanes_.at(started.lane);
    count_answer(lane, false, now);
    for (const Cost& cost : lane.settings.costs) {
        Bucket& bucket = buckets_[cost.bucket];
        bucket.tokens.answered(started.at, now);
        // A rate that begins to grow lets the next call pass sooner than was foreseen.
        offer_next(bucket.holder, now);
    }
}

void Scheduler::park(GateIndex gate, io::Moment probe_at) {
    gates_.at(gate).gate.park(probe_at);
}

void Scheduler::open(GateIndex gate, io::Moment now) {
    gates_.at(gate).gate.open();
    offer_next(gates_[gate].holder, now);
}

void Scheduler::abandon(GateIndex gate, io::Moment now) {
    gates_.at(gate).gate.abandon();
    for (const DrainingLane& waiting : holders_[gates_[gate].holder].lanes.take_all()) {
        place(waiting.lane, now);
    }
}

std::optional<LaneCall> Scheduler::take_abandoned() {
    while (!abandoned_.empty()) {
        const LaneIndex index = abandoned_.back();
        Lane& lane = lanes_[index];
        if (!lane.calls.empty()) {
            const LaneCall call{lane.calls.front(index), index};
            lane.calls.pop_front();
            count_waiting(lane, -1);
            return call;
        }
        lane.is_placed = false;
        abandoned_.pop_back();
    }
    return std::nullopt;
}

std::chrono::duration<double> Scheduler::drain_time(io::Moment now) const {
    std::chrono::duration<double> longest(0);
    for (const Bucket& bucket : buckets_) {
        longest = std::max(longest, std::chrono::duration<double>(bucket_drain_s(bucket, now)));
    }
    return longest;
}

/// Moves everything whose time has come back into its lane.
void Scheduler::release_due(io::Moment now) {
    while (const auto due = deferred_.pop_due(now)) {
        admit(due->second);
    }
    released_.clear();
    busy_keys_.release_due(now, released_);
    release(released_);
}

void Scheduler::release(std::span<const LaneCall> calls) {
    for (const LaneCall& call : calls) {
        admit(DeferredCall{call, false});
    }
}

void Scheduler::place_new_lanes(io::Moment now) {
    for (const LaneIndex lane : new_lanes_) {
        place(lane, now);
    }
    new_lanes_.clear();
}

/// Puts a lane that has calls where it belongs: to what holds it back, or to those that can start.
void Scheduler::place(LaneIndex lane, io::Moment now) {
    if (const std::optional<Block> block = blocking_constraint(lanes_[lane], now)) {
        wait_at(*block, lane, now);
        return;
    }
    add_startable(lane, kNoHolder, now);
}

void Scheduler::wait_at(const Block& block, LaneIndex lane, io::Moment now) {
    Constraint& holder = holders_[block.holder];
    if (holder.is_gate && gates_[holder.index].gate.is_abandoned()) {
        abandoned_.push_back(lane);
        return;
    }
    holder.lanes.push(DrainingLane{drain(lanes_[lane], &holder, now), lane});
    if (block.until != kNever && (!holder.offer_at || block.until < *holder.offer_at)) {
        holder.offer_at = block.until;
        offers_.push(block.until, block.holder);
    }
}

void Scheduler::offer_due(io::Moment now) {
    while (const auto due = offers_.pop_due(now)) {
        Constraint& holder = holders_[due->second];
        if (holder.offer_at == due->first) {  // else it was set anew in the meantime
            holder.offer_at.reset();
            offer_next(due->second, now);
        }
    }
}

/// Looks for the first lane at a holder that can start now. The others stay: they are looked at
/// when that lane has started, or could not.
void Scheduler::offer_next(HolderIndex index, io::Moment now) {
    Constraint& holder = holders_[index];
    while (!holder.lanes.empty()) {
        holder.lanes.mend_top([&](LaneIndex lane) { return drain(lanes_[lane], &holder, now); });
        const LaneIndex lane = holder.lanes.top().lane;
        const bool has_calls = !lanes_[lane].calls.empty();
        const io::Moment ready = has_calls ? ready_at(holder, lanes_[lane], now) : now;
        if (ready > now) {
            if (ready != kNever && holder.offer_at != ready) {
                holder.offer_at = ready;
                offers_.push(ready, index);
            }
            return;
        }
        holder.lanes.pop();
        if (!has_calls) {
            lanes_[lane].is_placed = false;
        } else if (const std::optional<Block> block = blocking_constraint(lanes_[lane], now)) {
            wait_at(*block, lane, now);
        } else {
            add_startable(lane, index, now);
            return;
        }
    }
}

void Scheduler::add_startable(LaneIndex lane, HolderIndex from, io::Moment now) {
    lanes_[lane].from = from;
    startable_.push(DrainingLane{drain(lanes_[lane], nullptr, now), lane});
}

LaneIndex Scheduler::take_best_startable(io::Moment now) {
    startable_.mend_top([&](LaneIndex lane) { return drain(lanes_[lane], nullptr, now); });
    return startable_.pop().lane;
}

std::optional<StartedCall> Scheduler::try_start(LaneIndex index, io::Moment now) {
    Lane& lane = lanes_[index];
    hold_busy_heads(index);
    if (lane.calls.empty()) {
        lane.is_placed = false;
        return std::nullopt;
    }
    if (const std::optional<Block> block = blocking_constraint(lane, now)) {
        wait_at(*block, index, now);
        return std::nullopt;
    }
    StartedCall started{lane.calls.front(index), index, now, false};
    lane.calls.pop_front();
    count_waiting(lane, -1);
    for (const Cost& cost : lane.settings.costs) {
        buckets_[cost.bucket].tokens.take(cost.tokens, now);
    }
    for (const GateIndex gate : lane.settings.gates) {
        started.is_probe = started.is_probe || gates_[gate].gate.is_parked();
        gates_[gate].gate.enter();
    }
    if (lane.settings.changes_key) {
        busy_keys_.started(started.call.key, now);
    }
    if (lane.calls.empty()) {
        lane.is_placed = false;
    } else {
        place(index, now);
    }
    return started;
}

/// Sets aside the calls at the head of a lane whose keys are busy, so that the ones behind can go.
void Scheduler::hold_busy_heads(LaneIndex index) {
    Lane& lane = lanes_[index];
    if (!lane.settings.changes_key) {
        return;
    }
    while (!lane.calls.empty() && busy_keys_.is_busy(lane.calls.front(index).key)) {
        busy_keys_.hold(LaneCall{lane.calls.front(index), index});
        lane.calls.pop_front();
    }
}

/// Nothing when the lane can start now.
std::optional<Scheduler::Block> Scheduler::blocking_constraint(const Lane& lane,
                                                               io::Moment now) const {
    Block block{kNoHolder, now};
    for (const GateIndex index : lane.settings.gates) {
        const GateState& gate = gates_[index];
        const io::Moment ready = gate.gate.ready_at(now);
        if (ready > block.until || gate.gate.is_abandoned()) {
            block = Block{gate.holder, ready};
        }
        if (gate.gate.is_abandoned()) {
            return block;
        }
    }
    for (const Cost& cost : lane.settings.costs) {
        const Bucket& bucket = buckets_[cost.bucket];
        const io::Moment ready = bucket.tokens.ready_at(cost.tokens, now);
        if (ready > block.until) {
            block = Block{bucket.holder, ready};
        }
    }
    return block.holder == kNoHolder ? std::nullopt : std::optional(block);
}

/// When the holder, whatever else there is, lets a call of the lane pass.
io::Moment Scheduler::ready_at(const Constraint& holder, const Lane& lane, io::Moment now) const {
    if (holder.is_gate) {
        return gates_[holder.index].gate.ready_at(now);
    }
    for (const Cost& cost : lane.settings.costs) {
        if (cost.bucket == holder.index) {
            return buckets_[cost.bucket].tokens.ready_at(cost.tokens, now);
        }
    }
    assert(!"a lane waits at a bucket that it does not draw on");
    return now;
}

/// Without the holder's own bucket, which all lanes that wait there have in common: what is left
/// orders them as the whole would, and changes less often.
Drain Scheduler::drain(const Lane& lane, const Constraint* left_out, io::Moment now) const {
    Drain drain{0, 0};
    for (const Cost& cost : lane.settings.costs) {
        if (left_out != nullptr && !left_out->is_gate && left_out->index == cost.bucket) {
            continue;
        }
        const double bucket_s = bucket_drain_s(buckets_[cost.bucket], now);
        drain.longest_s = std::max(drain.longest_s, bucket_s);
        drain.all_s += bucket_s;
    }
    return drain;
}

double Scheduler::bucket_drain_s(const Bucket& bucket, io::Moment now) const {
    return static_cast<double>(bucket.tokens_waited_for) / bucket.tokens.rate_per_s(now);
}

void Scheduler::count_answer(Lane& lane, bool throttled, io::Moment now) {
    lane.answers.count(throttled, now);
    for (const Cost& cost : lane.settings.costs) {
        buckets_[cost.bucket].answers.count(throttled, now);
    }
}

void Scheduler::count_waiting(const Lane& lane, std::int64_t calls) {
    for (const Cost& cost : lane.settings.costs) {
        buckets_[cost.bucket].tokens_waited_for += calls * cost.tokens;
    }
    waiting_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(waiting_) + calls);
}

}  // namespace keyferry::engine
