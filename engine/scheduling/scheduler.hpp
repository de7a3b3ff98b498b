// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/backlog.hpp"
#include "engine/scheduling/busy_keys.hpp"
#include "engine/scheduling/gate.hpp"
#include "engine/scheduling/lane_calls.hpp"
#include "engine/scheduling/throttle_attribution.hpp"
#include "engine/scheduling/timer_heap.hpp"
#include "engine/scheduling/token_bucket.hpp"
#include "engine/scheduling/waiting_call.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <span>
#include <vector>

namespace keyferry::engine {

/// A number of tokens from one bucket.
struct Cost {
    BucketIndex bucket;
    int tokens;
};

/// The properties that all calls in a lane have in common.
struct LaneSettings {
    std::vector<Cost> costs;       ///< buckets, without duplicates
    std::vector<GateIndex> gates;  ///< without duplicates
    /// If true, the lane's calls change keys. Of all such calls, at most one per key is in flight.
    bool changes_key = false;
    /// One of `gates`; set if the lane's calls may be much slower than the calls of other lanes at
    /// that gate. The lane's calls in flight are then limited to kShareOfFree times the gate's free
    /// capacity. As a result, a single slow lane uses at most two thirds of the capacity, and less
    /// if other lanes need more.
    std::optional<GateIndex> shares_gate{};
};

inline constexpr int kShareOfFree = 2;

struct SchedulerSettings {
    int in_flight_max = 512;
    /// Minimum time between the starts of two calls that change the same key. KMS throttles bursts
    /// of changes to one key (a "hot key") even if no quota is exceeded.
    std::chrono::milliseconds same_key_spacing{1000};
};

/// Decides which call is sent next. Every KMS call goes through the scheduler.
///
/// A *bucket* models one quota. A *gate* limits the number of calls in flight to an endpoint or
/// Region, or exists only so that it can be parked. A *lane* is a queue of calls that cost the same
/// tokens and pass through the same gates. A call takes all its tokens at once, so it never holds
/// one token while waiting for another.
///
/// Order: among the lanes that can start a call now, the one with the longest drain time goes
/// first. A lane's drain time is the longest time that any of its buckets needs, at its rate, for
/// all calls that are waiting for the bucket. If drain times are equal, the sum over the lane's
/// buckets decides. In simulations, runs with this order took 1.006 times as long as the lower
/// bound, whereas runs with a single queue in spec order took up to 2.7 times as long.
///
/// Implementation: a blocked lane waits at only *one* of its constraints, the one that blocks it
/// longest, in a heap ordered by drain time. When that bucket or gate lets a call pass, only the
/// first lanes in its heap are examined. A heap entry keeps the drain time that the lane had when
/// it was added to the heap. Updating the entries would not make runs shorter (bench/makespan), but
/// would make each decision two to four times as expensive (bench_scheduler). A decision takes
/// amortized O(log lanes) time. The state takes O(lanes + requeued calls) memory, regardless of the
/// backlog size.
///
/// Pure: no clock, no I/O, no randomness.
class Scheduler {
  public:
    explicit Scheduler(const SchedulerSettings& settings);

    BucketIndex add_bucket(const BucketLimits& limits, io::Moment now);

    [[nodiscard]] const TokenBucket& bucket(BucketIndex index) const {
        return buckets_.at(index).tokens;
    }
    /// Replaces the state of a bucket. No call that uses the bucket may be in flight.
    void restore_bucket(BucketIndex index, const TokenBucket& tokens);
    GateIndex add_gate(int in_flight_max);
    LaneIndex add_lane(LaneSettings settings);

    /// Adds a backlog of `calls` calls to the lane. Each call is fetched from `source` when it is
    /// started. `source` must outlive the scheduler. May be called at most once per lane.
    void add_backlog(LaneIndex lane, std::uint64_t calls, Backlog& source);

    /// Adds a call to the lane at `not_before`, behind calls that were enqueued earlier and ahead
    /// of the backlog.
    void enqueue(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before);

    /// Adds a call to the lane at `not_before`, behind all other calls, including the backlog.
    void postpone(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before);

    /// Starts the next call if one may be sent at `now`. `now` must not be earlier than in the
    /// previous call, but may be later than the times passed to finished() and other functions.
    std::optional<StartedCall> start_next(io::Moment now);

    /// Returns when to call start_next() again: the earliest time at which a waiting call may be
    /// sent, unless a call in flight ends before then. Returns nullopt if no call is waiting, or if
    /// all waiting calls are waiting for calls in flight. May be called only after start_next() has
    /// returned nullopt.
    [[nodiscard]] std::optional<io::Moment> wake_at() const;

    /// Reports that a started call was not sent until `now`, after started.at. The call then counts
    /// against its quotas for one second from `now`.
    void left_late(const StartedCall& started, io::Moment now);

    /// Returns when a started call may be sent: at started.at, or later if earlier calls were sent
    /// late.
    [[nodiscard]] io::Moment may_leave_at(const StartedCall& started) const;

    /// Reports that a started call has ended, regardless of its outcome.
    void finished(const StartedCall& started, io::Moment now);

    /// Reports that KMS throttled a call, possibly with a retry-after. Slows down and returns the
    /// bucket whose quota was most likely exceeded (see throttle_attribution.hpp). The call's lane
    /// must use at least one bucket.
    BucketIndex throttled(const StartedCall& started,
                          io::Moment now,
                          std::optional<std::chrono::milliseconds> retry_after = std::nullopt);

    /// Reports that KMS responded to a call without throttling it. Rates that were cut may then
    /// grow again.
    void answered(const StartedCall& started, io::Moment now);

    /// Parks a gate: no call passes until `probe_at`, and after that, only one call at a time
    /// passes until open() is called.
    void park(GateIndex gate, io::Moment probe_at);
    void open(GateIndex gate, io::Moment now);

    /// Closes a gate permanently. take_abandoned() then returns all calls that are waiting for the
    /// gate and all that are enqueued later, regardless of not_before.
    void abandon(GateIndex gate);

    /// Removes and returns a call from a lane with an abandoned gate, or returns nullopt if there
    /// is none. Calls that are waiting for a busy key are not returned until the key is free.
    std::optional<LaneCall> take_abandoned();

    [[nodiscard]] const LaneSettings& lane(LaneIndex index) const {
        return lanes_.at(index).settings;
    }

    /// The number of calls that have not been started, including the backlog.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] int in_flight() const noexcept { return gates_[kGlobalLimit].gate.in_flight(); }

    /// The time that all waiting calls need at the current rates: the longest drain time of any
    /// bucket.
    [[nodiscard]] std::chrono::duration<double> drain_time() const;

  private:
    using ConstraintIndex = std::uint32_t;
    static constexpr ConstraintIndex kNoConstraint = ~ConstraintIndex{0};
    /// The constraint of LaneSettings::shares_gate.
    static constexpr ConstraintIndex kShare = kNoConstraint - 1;
    static constexpr GateIndex kGlobalLimit = 0;

    /// The time that a lane's buckets need for the calls that are waiting for them.
    struct Drain {
        double longest_s;
        double all_s;
        auto operator<=>(const Drain&) const = default;
    };
    struct QueuedLane {
        Drain drain;  ///< the drain time when the lane was queued
        LaneIndex lane;
        friend bool operator<(const QueuedLane& a, const QueuedLane& b) noexcept {
            return a.drain != b.drain ? a.drain < b.drain : a.lane > b.lane;
        }
    };
    /// Ordered by drain time, longest first; equal times are ordered by index.
    using LaneHeap = std::priority_queue<QueuedLane>;

    /// A constraint at which lanes wait: a bucket or a gate.
    struct Constraint {
        bool is_gate;
        std::uint32_t index;  ///< index of the bucket or gate
        LaneHeap lanes;
        std::optional<io::Moment> offer_at;  ///< when to examine its first lane
    };
    struct Bucket {
        TokenBucket tokens;
        ConstraintIndex constraint;
        std::int64_t tokens_waited_for = 0;
        ResponseTally answers;
    };
    struct GateState {
        Gate gate;
        ConstraintIndex constraint;
        std::vector<LaneIndex> over_share;  ///< lanes that have used up their share
    };
    struct Lane {
        LaneSettings settings;
        LaneCalls calls;
        ResponseTally answers;
        /// the constraint at which the lane waited before it became startable, whose next lane is
        /// examined after this one; kNoConstraint if the lane did not wait
        ConstraintIndex from = kNoConstraint;
        int in_flight = 0;
        /// Whether the lane is in one of the heaps, in new_lanes_ or in over_share.
        bool is_placed = false;
        bool is_abandoned = false;  ///< one of its gates is abandoned
        bool is_drained = false;    ///< whether it is in abandoned_
    };
    /// The constraint that blocks a lane the longest.
    struct Block {
        ConstraintIndex constraint;
        io::Moment until;  ///< kNever if only an event can end the block
    };
    struct DeferredCall {
        LaneCall call;
        bool is_postponed;
    };

    ConstraintIndex add_constraint(bool is_gate, std::uint32_t index);
    void defer(const DeferredCall& deferred, io::Moment now, io::Moment not_before);
    void admit(const DeferredCall& deferred);
    void has_calls(LaneIndex lane);
    void release_due(io::Moment now);
    void release(std::span<const LaneCall> calls);
    void place_new_lanes(io::Moment now);
    void place(LaneIndex lane, io::Moment now);
    void wait_at(const Block& block, LaneIndex lane);
    void offer_due(io::Moment now);
    void offer_next(ConstraintIndex index, io::Moment now);
    std::optional<StartedCall> try_start(LaneIndex index, io::Moment now);
    void drain_abandoned(LaneIndex index);
    void leave_gate(GateIndex index, io::Moment now);
    void hold_busy_heads(LaneIndex index);
    [[nodiscard]] std::optional<Block> blocking_constraint(const Lane& lane, io::Moment now) const;
    [[nodiscard]] bool is_over_share(const Lane& lane) const;
    [[nodiscard]] io::Moment ready_at(const Constraint& constraint,
                                      const Lane& lane,
                                      io::Moment now) const;
    void add_startable(LaneIndex lane, ConstraintIndex from);
    [[nodiscard]] Drain drain(const Lane& lane, const Constraint* left_out) const;
    [[nodiscard]] double bucket_drain_s(const Bucket& bucket) const;
    void count_answer(Lane& lane, bool throttled, io::Moment now);
    void count_waiting(const Lane& lane, std::int64_t calls);

    std::vector<Bucket> buckets_;
    std::vector<GateState> gates_;
    std::vector<Lane> lanes_;
    std::vector<Constraint> constraints_;
    LaneHeap startable_;
    std::vector<LaneIndex> new_lanes_;  ///< lanes that have received calls and have not been placed
                                        ///< yet
    std::vector<LaneIndex> abandoned_;
    TimerHeap<ConstraintIndex> offers_;
    TimerHeap<DeferredCall> deferred_;
    BusyKeys busy_keys_;
    std::vector<LaneCall> released_;  ///< a member so that its memory is reused
    std::uint64_t waiting_ = 0;
};

}  // namespace keyferry::engine
