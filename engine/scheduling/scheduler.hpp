// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/backlog.hpp"
#include "engine/scheduling/busy_keys.hpp"
#include "engine/scheduling/drain_heap.hpp"
#include "engine/scheduling/gate.hpp"
#include "engine/scheduling/lane_calls.hpp"
#include "engine/scheduling/throttle_blame.hpp"
#include "engine/scheduling/timer_heap.hpp"
#include "engine/scheduling/token_bucket.hpp"
#include "engine/scheduling/waiting_call.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace keyferry::engine {

/// So many tokens from one bucket.
struct Cost {
    BucketIndex bucket;
    int tokens;
};

/// What the calls of a lane have in common.
struct LaneSettings {
    std::vector<Cost> costs;       ///< buckets, each at most once
    std::vector<GateIndex> gates;  ///< each at most once
    /// At most one call of such lanes is in flight for a key at any time.
    bool changes_key = false;
};

struct SchedulerSettings {
    int in_flight_max = 512;
    /// Least time between two starts of changing calls on one key. KMS throttles bursts of changes
    /// on the same key ("hot key") even where all quotas are kept.
    std::chrono::milliseconds same_key_spacing{1000};
};

/// Decides which call leaves next. Every KMS call goes through here.
///
/// A *bucket* is one quota; a *gate* bounds the calls in flight to one place and can be parked; a
/// *lane* is a queue of calls that cost the same tokens and pass the same gates. A call takes all
/// its tokens at once or none: it never holds one while it waits for another.
///
/// Order: among the lanes that could start a call now, the one with the largest remaining drain
/// time goes first: the lane whose scarcest bucket has the most queued work for its rate; of equal
/// ones, the lane whose buckets have the most in all. One queue in spec order was simulated at up
/// to 2.7 times the lower bound, this order at 1.006.
///
/// How: a lane that cannot start waits at *one* of the things that hold it back, the one that does
/// so longest, in a heap ordered by drain time. When that bucket or gate lets a call pass, only the
/// heap's first lanes are looked at. Drain times change with every call, so the heaps are mended
/// when an entry comes to the top, and only where it is off by more than a hundredth: a decision
/// costs O(log lanes), amortised, and the state is O(lanes) and the calls that have left and come
/// back, whatever the size of the backlog.
///
/// Pure: no clock, no I/O, no randomness.
class Scheduler {
  public:
    explicit Scheduler(const SchedulerSettings& settings);

    BucketIndex add_bucket(const BucketLimits& limits, io::Moment now);
    GateIndex add_gate(int in_flight_max);
    LaneIndex add_lane(LaneSettings settings);

    /// Gives the lane `calls` calls, which are fetched from `source` as they start. `source` must
    /// outlive the scheduler's use. At most once for each lane.
    void add_backlog(LaneIndex lane, std::uint64_t calls, Backlog& source);

    /// Puts a call into its lane, from `not_before` on: behind those that came that way before, and
    /// in front of the backlog.
    void enqueue(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before);

    /// Puts a call into its lane behind all others, the backlog too, from `not_before` on.
    void postpone(LaneIndex lane, WaitingCall call, io::Moment now, io::Moment not_before);

    /// Starts the next call if there is one that may leave at `now`, which may lie ahead of the
    /// time by which finished() and the others are told, and must not go back.
    std::optional<StartedCall> start_next(io::Moment now);

    /// When start_next should be asked again if nothing finishes before: the earliest moment at
    /// which a waiting call may leave. Nothing when none waits, or all wait for a call in flight.
    /// To be asked after start_next has said that there is none.
    [[nodiscard]] std::optional<io::Moment> wake_at() const;

    /// A started call left at `now`, which is later than its `at`: the second in which it counts
    /// against its quotas begins then.
    void left_late(const StartedCall& started, io::Moment now);

    /// A started call has come to its end, whatever that was.
    void finished(const StartedCall& started, io::Moment now);

    /// KMS has throttled this call, and may have said for how long to stay away. The bucket that
    /// is most likely meant is slowed down (see throttle_blame.hpp) and returned. Requires that the
    /// lane draws on one.
    BucketIndex throttled(const StartedCall& started,
                          io::Moment now,
                          std::optional<std::chrono::milliseconds> retry_after = std::nullopt);

    /// KMS has answered this call, and not with a throttle: rates that were cut may grow.
    void answered(const StartedCall& started, io::Moment now);

    /// Stops the lanes behind a gate: from `probe_at` on one call passes at a time, until open().
    void park(GateIndex gate, io::Moment probe_at);
    void open(GateIndex gate, io::Moment now);

    /// Closes a gate for good: no call passes any more, take_abandoned() hands them out.
    void abandon(GateIndex gate, io::Moment now);

    /// A call that waited behind an abandoned gate, which leaves the scheduler with this. Nothing
    /// when start_next has found none, or no more: those with a later moment come when it is
    /// reached.
    std::optional<LaneCall> take_abandoned();

    [[nodiscard]] const LaneSettings& lane(LaneIndex index) const {
        return lanes_.at(index).settings;
    }

    /// Calls that have not started, the backlog included.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] int in_flight() const noexcept { return gates_[kGlobalLimit].gate.in_flight(); }

    /// How long the waiting calls need at the present rates: the largest drain time of all buckets.
    [[nodiscard]] std::chrono::duration<double> drain_time(io::Moment now) const;

  private:
    using HolderIndex = std::uint32_t;
    static constexpr HolderIndex kNoHolder = ~HolderIndex{0};
    static constexpr GateIndex kGlobalLimit = 0;

    /// What lanes can wait at: a bucket or a gate.
    struct Constraint {
        bool is_gate;
        std::uint32_t index;  ///< of the bucket or gate
        DrainHeap lanes;
        std::optional<io::Moment> offer_at;  ///< when its first lane is to be looked at
    };
    struct Bucket {
        TokenBucket tokens;
        HolderIndex holder;
        std::int64_t tokens_waited_for = 0;
        AnswerTally answers;
    };
    struct GateState {
        Gate gate;
        HolderIndex holder;
    };
    struct Lane {
        LaneSettings settings;
        LaneCalls calls;
        AnswerTally answers;
        HolderIndex from = kNoHolder;  ///< startable: where the next lane is to be looked for then
        bool is_placed = false;        ///< in one of the heaps, in new_lanes_ or in abandoned_
    };
    /// The one thing that holds a lane back longest.
    struct Block {
        HolderIndex holder;
        io::Moment until;  ///< kNever where only an event can end it
    };
    struct DeferredCall {
        LaneCall call;
        bool is_postponed;
    };

    HolderIndex add_holder(bool is_gate, std::uint32_t index);
    void defer(const DeferredCall& deferred, io::Moment now, io::Moment not_before);
    void admit(const DeferredCall& deferred);
    void has_calls(LaneIndex lane);
    void release_due(io::Moment now);
    void release(std::span<const LaneCall> calls);
    void place_new_lanes(io::Moment now);
    void place(LaneIndex lane, io::Moment now);
    void wait_at(const Block& block, LaneIndex lane, io::Moment now);
    void offer_due(io::Moment now);
    void offer_next(HolderIndex holder, io::Moment now);
    std::optional<StartedCall> try_start(LaneIndex lane, io::Moment now);
    void hold_busy_heads(LaneIndex lane);
    [[nodiscard]] std::optional<Block> blocking_constraint(const Lane& lane, io::Moment now) const;
    [[nodiscard]] io::Moment ready_at(const Constraint& holder,
                                      const Lane& lane,
                                      io::Moment now) const;
    void add_startable(LaneIndex lane, HolderIndex from, io::Moment now);
    LaneIndex take_best_startable(io::Moment now);
    [[nodiscard]] Drain drain(const Lane& lane, const Constraint* left_out, io::Moment now) const;
    [[nodiscard]] double bucket_drain_s(const Bucket& bucket, io::Moment now) const;
    void count_answer(Lane& lane, bool throttled, io::Moment now);
    void count_waiting(const Lane& lane, std::int64_t calls);

    std::vector<Bucket> buckets_;
    std::vector<GateState> gates_;
    std::vector<Lane> lanes_;
    std::vector<Constraint> holders_;
    DrainHeap startable_;
    std::vector<LaneIndex> new_lanes_;  ///< that have got calls and are not placed yet
    std::vector<LaneIndex> abandoned_;
    TimerHeap<HolderIndex> offers_;
    TimerHeap<DeferredCall> deferred_;
    BusyKeys busy_keys_;
    std::vector<LaneCall> released_;  ///< kept for its memory
    std::uint64_t waiting_ = 0;
};

}  // namespace keyferry::engine
