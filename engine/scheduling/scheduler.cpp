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
    buckets_.push_back(Bucket{TokenBucket(limits, now), add_constraint(false, index), 0, {}});
    return index;
}

void Scheduler::restore_bucket(BucketIndex index, const TokenBucket& tokens) {
    buckets_.at(index).tokens = tokens;
}

GateIndex Scheduler::add_gate(int in_flight_max) {
    const auto index = static_cast<GateIndex>(gates_.size());
    gates_.push_back(GateState{Gate(in_flight_max), add_constraint(true, index), {}});
    return index;
}

Scheduler::ConstraintIndex Scheduler::add_constraint(bool is_gate, std::uint32_t index) {
    constraints_.push_back(Constraint{is_gate, index, {}, std::nullopt});
    return static_cast<ConstraintIndex>(constraints_.size() - 1);
}

LaneIndex Scheduler::add_lane(LaneSettings settings) {
    settings.gates.push_back(kGlobalLimit);
    for (const GateIndex gate : settings.gates) {
        assert(gate < gates_.size());
    }
    for (const Cost& cost : settings.costs) {
        assert(cost.bucket < buckets_.size() && cost.tokens >= 1);
    }
    Lane lane;
    lane.is_abandoned =
        std::any_of(settings.gates.begin(), settings.gates.end(), [&](GateIndex gate) {
            return gates_[gate].gate.is_abandoned();
        });
    lane.settings = std::move(settings);
    lanes_.push_back(std::move(lane));
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
    const Lane& lane = lanes_.at(deferred.call.lane);
    count_waiting(lane, 1);
    if (not_before <= now || lane.is_abandoned) {
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
        calls.requeue(deferred.call.call);
    }
    has_calls(deferred.call.lane);
}

void Scheduler::has_calls(LaneIndex lane) {
    if (lanes_[lane].is_abandoned) {
        drain_abandoned(lane);
    } else if (!std::exchange(lanes_[lane].is_placed, true)) {
        new_lanes_.push_back(lane);
    }
}

std::optional<StartedCall> Scheduler::start_next(io::Moment now) {
    release_due(now);
    place_new_lanes(now);
    offer_due(now);
    while (!startable_.empty()) {
        const LaneIndex lane = startable_.top().lane;
        startable_.pop();
        const ConstraintIndex from = lanes_[lane].from;
        const std::optional<StartedCall> started = try_start(lane, now);
        if (from != kNoConstraint) {
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

io::Moment Scheduler::may_leave_at(const StartedCall& started) const {
    io::Moment earliest = started.at;
    for (const Cost& cost : lanes_.at(started.lane).settings.costs) {
        earliest = std::max(earliest, buckets_[cost.bucket].tokens.may_leave_at(started.at));
    }
    return earliest;
}

void Scheduler::finished(const StartedCall& started, io::Moment now) {
    Lane& lane = lanes_.at(started.lane);
    --lane.in_flight;
    if (lane.settings.changes_key) {
        released_.clear();
        busy_keys_.finished(started.call.key, released_);
        release(released_);
    }
    for (const GateIndex gate : lane.settings.gates) {
        leave_gate(gate, now);
    }
}

void Scheduler::leave_gate(GateIndex index, io::Moment now) {
    gates_[index].gate.leave();
    offer_next(gates_[index].constraint, now);
    for (const LaneIndex lane : std::exchange(gates_[index].over_share, {})) {
        place(lane, now);
    }
}

BucketIndex Scheduler::throttled(const StartedCall& started,
                                 io::Moment now,
                                 std::optional<std::chrono::milliseconds> retry_after) {
    Lane& lane = lanes_.at(started.lane);
    assert(!lane.settings.costs.empty());
    count_answer(lane, true, now);
    std::vector<const ResponseTally*> tallies;
    for (const Cost& cost : lane.settings.costs) {
        tallies.push_back(&buckets_[cost.bucket].answers);
    }
    const std::size_t selected = bucket_to_slow(lane.answers, tallies, now);
    const BucketIndex bucket = lane.settings.costs.at(selected).bucket;
    buckets_[bucket].tokens.throttled(started.at, now, retry_after);
    return bucket;
}

void Scheduler::answered(const StartedCall& started, io::Moment now) {
    Lane& lane = lanes_.at(started.lane);
    count_answer(lane, false, now);
    for (const Cost& cost : lane.settings.costs) {
        Bucket& bucket = buckets_[cost.bucket];
        bucket.tokens.answered(started.at, now);
        // The rate has started to grow, so the next call may pass earlier than previously
        // calculated.
        offer_next(bucket.constraint, now);
    }
}

void Scheduler::park(GateIndex gate, io::Moment probe_at) {
    gates_.at(gate).gate.park(probe_at);
}

void Scheduler::open(GateIndex gate, io::Moment now) {
    gates_.at(gate).gate.open();
    offer_next(gates_[gate].constraint, now);
}

void Scheduler::abandon(GateIndex gate) {
    gates_.at(gate).gate.abandon();
    for (LaneIndex index = 0; index < lanes_.size(); ++index) {
        Lane& lane = lanes_[index];
        const std::vector<GateIndex>& gates = lane.settings.gates;
        if (std::find(gates.begin(), gates.end(), gate) != gates.end()) {
            lane.is_abandoned = true;
            drain_abandoned(index);
        }
    }
    deferred_.take_if(
        [&](const DeferredCall& deferred) { return lanes_[deferred.call.lane].is_abandoned; },
        [&](const DeferredCall& deferred) { admit(deferred); });
}

/// Makes take_abandoned() return the calls of a lane. If the lane is also in a heap, its entry is
/// removed when it reaches the top of the heap and the lane has no calls left.
void Scheduler::drain_abandoned(LaneIndex index) {
    if (!std::exchange(lanes_[index].is_drained, true)) {
        abandoned_.push_back(index);
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
        lane.is_drained = false;
        abandoned_.pop_back();
    }
    return std::nullopt;
}

std::chrono::duration<double> Scheduler::drain_time() const {
    std::chrono::duration<double> longest(0);
    for (const Bucket& bucket : buckets_) {
        longest = std::max(longest, std::chrono::duration<double>(bucket_drain_s(bucket)));
    }
    return longest;
}

/// Moves all calls that are due into their lanes.
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

/// Adds a lane that has calls to the heap of the constraint that blocks it, or to the lanes that
/// can start a call.
void Scheduler::place(LaneIndex lane, io::Moment now) {
    if (const std::optional<Block> block = blocking_constraint(lanes_[lane], now)) {
        wait_at(*block, lane);
        return;
    }
    add_startable(lane, kNoConstraint);
}

void Scheduler::wait_at(const Block& block, LaneIndex lane) {
    if (lanes_[lane].is_abandoned) {
        lanes_[lane].is_placed = false;
        drain_abandoned(lane);
        return;
    }
    if (block.constraint == kShare) {
        gates_[*lanes_[lane].settings.shares_gate].over_share.push_back(lane);
        return;
    }
    Constraint& constraint = constraints_[block.constraint];
    constraint.lanes.push(QueuedLane{drain(lanes_[lane], &constraint), lane});
    if (block.until != kNever && (!constraint.offer_at || block.until < *constraint.offer_at)) {
        constraint.offer_at = block.until;
        offers_.push(block.until, block.constraint);
    }
}

void Scheduler::offer_due(io::Moment now) {
    while (const auto due = offers_.pop_due(now)) {
        Constraint& constraint = constraints_[due->second];
        if (constraint.offer_at == due->first) {  // otherwise it has changed since
            constraint.offer_at.reset();
            offer_next(due->second, now);
        }
    }
}

/// Finds the first lane at a constraint that can start now. The other lanes are examined after that
/// lane has started a call or turned out to be blocked.
void Scheduler::offer_next(ConstraintIndex index, io::Moment now) {
    Constraint& constraint = constraints_[index];
    while (!constraint.lanes.empty()) {
        const LaneIndex lane = constraint.lanes.top().lane;
        const bool has_calls = !lanes_[lane].calls.empty();
        const io::Moment ready = has_calls ? ready_at(constraint, lanes_[lane], now) : now;
        if (ready > now) {
            if (ready != kNever && constraint.offer_at != ready) {
                constraint.offer_at = ready;
                offers_.push(ready, index);
            }
            return;
        }
        constraint.lanes.pop();
        if (!has_calls) {
            lanes_[lane].is_placed = false;
        } else if (const std::optional<Block> block = blocking_constraint(lanes_[lane], now)) {
            wait_at(*block, lane);
        } else {
            add_startable(lane, index);
            return;
        }
    }
}

void Scheduler::add_startable(LaneIndex lane, ConstraintIndex from) {
    lanes_[lane].from = from;
    startable_.push(QueuedLane{drain(lanes_[lane], nullptr), lane});
}

std::optional<StartedCall> Scheduler::try_start(LaneIndex index, io::Moment now) {
    Lane& lane = lanes_[index];
    hold_busy_heads(index);
    if (lane.calls.empty()) {
        lane.is_placed = false;
        return std::nullopt;
    }
    if (const std::optional<Block> block = blocking_constraint(lane, now)) {
        wait_at(*block, index);
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
    ++lane.in_flight;
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

/// Sets aside the calls at the head of a lane whose keys are busy, so that later calls can start.
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

/// Returns nullopt if the lane can start now.
std::optional<Scheduler::Block> Scheduler::blocking_constraint(const Lane& lane,
                                                               io::Moment now) const {
    if (is_over_share(lane)) {
        return Block{kShare, kNever};
    }
    Block block{kNoConstraint, now};
    for (const GateIndex index : lane.settings.gates) {
        const GateState& gate = gates_[index];
        const io::Moment ready = gate.gate.ready_at(now);
        if (ready > block.until || gate.gate.is_abandoned()) {
            block = Block{gate.constraint, ready};
        }
        if (gate.gate.is_abandoned()) {
            return block;
        }
    }
    for (const Cost& cost : lane.settings.costs) {
        const Bucket& bucket = buckets_[cost.bucket];
        const io::Moment ready = bucket.tokens.ready_at(cost.tokens, now);
        if (ready > block.until) {
            block = Block{bucket.constraint, ready};
        }
    }
    return block.constraint == kNoConstraint ? std::nullopt : std::optional(block);
}

bool Scheduler::is_over_share(const Lane& lane) const {
    return lane.settings.shares_gate && lane.in_flight > 0 &&
           lane.in_flight >= kShareOfFree * gates_[*lane.settings.shares_gate].gate.free();
}

/// Returns when the constraint would let a call of the lane pass, ignoring all other constraints.
io::Moment Scheduler::ready_at(const Constraint& constraint,
                               const Lane& lane,
                               io::Moment now) const {
    if (constraint.is_gate) {
        return gates_[constraint.index].gate.ready_at(now);
    }
    for (const Cost& cost : lane.settings.costs) {
        if (cost.bucket == constraint.index) {
            return buckets_[cost.bucket].tokens.ready_at(cost.tokens, now);
        }
    }
    assert(!"a lane waits at a bucket that it does not use");
    return now;
}

/// Excludes the bucket of `left_out`, the constraint at which the lane is waiting. All lanes that
/// are waiting there use this bucket, so the other buckets result in the same order, and their
/// drain times change less often.
Scheduler::Drain Scheduler::drain(const Lane& lane, const Constraint* left_out) const {
    Drain drain{0, 0};
    for (const Cost& cost : lane.settings.costs) {
        if (left_out != nullptr && !left_out->is_gate && left_out->index == cost.bucket) {
            continue;
        }
        const double bucket_s = bucket_drain_s(buckets_[cost.bucket]);
        drain.longest_s = std::max(drain.longest_s, bucket_s);
        drain.all_s += bucket_s;
    }
    return drain;
}

double Scheduler::bucket_drain_s(const Bucket& bucket) const {
    return static_cast<double>(bucket.tokens_waited_for) / bucket.tokens.rate_per_s();
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
