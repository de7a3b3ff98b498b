#pragma once

#include "engine/token_bucket.hpp"
#include "io/clock/moment.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace keyferry {

using BucketIndex = std::uint32_t;
using EndpointIndex = std::uint32_t;
using LaneIndex = std::uint32_t;

/// So many tokens from one bucket.
struct Cost {
    BucketIndex bucket;
    int tokens;
};

/// Stands for a key that no other call is about: there is nothing to keep apart.
inline constexpr std::uint32_t kOnlyCallOfItsKey = ~std::uint32_t{0};

/// A call that waits for its turn. What it is, only the caller knows.
struct WaitingCall {
    std::uint32_t id;   ///< the caller's: a job index
    std::uint32_t key;  ///< which key it is about, for lanes that change keys
};

/// A call that may leave now; its tokens are taken.
struct StartedCall {
    WaitingCall call;
    LaneIndex lane;
    Moment at;
};

struct SchedulerSettings {
    int in_flight_max = 512;
    /// Least time between two starts of changing calls on one key. KMS throttles bursts of changes
    /// on the same key ("hot key") even where all quotas are kept.
    std::chrono::milliseconds same_key_spacing{1000};
};

/// Decides which call leaves next. Every KMS call goes through here.
///
/// A *bucket* is one quota; a *lane* is a queue of calls that cost the same tokens of the same
/// buckets; an *endpoint* bounds the calls in flight to one place. A call takes all its tokens at
/// once or none: it never holds one while it waits for another.
///
/// Order: among the lanes that could start a call now, the one with the largest remaining drain
/// time goes first: the lane whose scarcest bucket has the most queued work for its rate. One queue
/// in spec order was simulated at up to 2.7 times the lower bound, this order at 1.006.
///
/// Pure: no clock, no I/O, no randomness. A decision costs O(lanes).
class Scheduler {
  public:
    explicit Scheduler(const SchedulerSettings& settings);

    BucketIndex add_bucket(const BucketLimits& limits, Moment now);
    EndpointIndex add_endpoint(int in_flight_max);
    /// `changes_key`: at most one call of such lanes is in flight for a key at any time.
    LaneIndex add_lane(EndpointIndex endpoint, std::span<const Cost> costs, bool changes_key);

    /// Puts a call into its lane: behind the others, or from `not_before` on in front of them when
    /// that is later than now (it has waited already).
    void enqueue(LaneIndex lane, WaitingCall call, Moment now, Moment not_before);

    /// Starts the next call if there is one that may leave now.
    std::optional<StartedCall> start_next(Moment now);

    /// When start_next should be asked again if nothing finishes before: the earliest moment at
    /// which a waiting call may leave. Nothing when none waits, or all wait for a call in flight.
    std::optional<Moment> wake_at(Moment now) const;

    /// A started call has come to its end, whatever that was.
    void finished(const StartedCall& started, Moment now);

    /// KMS has throttled this call.
    void throttled(const StartedCall& started, Moment now);

    std::size_t waiting() const noexcept { return waiting_; }
    int in_flight() const noexcept { return in_flight_; }

    /// How long the waiting calls need at the present rates: the largest drain time of all buckets.
    std::chrono::duration<double> drain_time(Moment now) const;

  private:
    struct Bucket {
        TokenBucket tokens;
        std::int64_t tokens_waited_for = 0;
    };
    struct Endpoint {
        int in_flight_max;
        int in_flight = 0;
    };
    struct Lane {
        EndpointIndex endpoint;
        std::vector<Cost> costs;
        bool changes_key;
        std::deque<WaitingCall> calls;
    };
    struct HeldCall {
        LaneIndex lane;
        WaitingCall call;
    };
    /// A key that was changed a moment ago, and the calls that wait for it.
    struct BusyKey {
        bool in_flight = true;
        Moment free_at;
        std::vector<HeldCall> held;
    };
    struct Deferred {
        Moment at;
        std::uint64_t sequence;  ///< equal moments keep their order
        LaneIndex lane;
        WaitingCall call;
        bool releases_key;  ///< no call: the moment at which a key's spacing ends
    };
    struct DeferredLater {
        bool operator()(const Deferred& a, const Deferred& b) const noexcept {
            return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
        }
    };

    /// How long a lane's buckets need for what waits for them. Lanes that share their scarcest
    /// bucket are told apart by their other one.
    struct Drain {
        double longest_s;
        double all_s;
        auto operator<=>(const Drain&) const = default;
    };

    void release_due(Moment now);
    void release_key(std::uint32_t key, Moment now);
    void hold_busy_heads(Lane& lane, LaneIndex index);
    Moment tokens_ready_at(const Lane& lane, Moment now) const;
    Drain drain(const Lane& lane, Moment now) const;
    double bucket_drain_s(const Bucket& bucket, Moment now) const;
    bool has_room(const Lane& lane) const;
    void defer(Deferred deferred);
    void count_waiting(const Lane& lane, int calls);

    SchedulerSettings settings_;
    std::vector<Bucket> buckets_;
    std::vector<Endpoint> endpoints_;
    std::vector<Lane> lanes_;
    std::vector<Deferred> deferred_;  ///< a heap, earliest on top
    std::unordered_map<std::uint32_t, BusyKey> busy_keys_;
    std::uint64_t next_sequence_ = 0;
    std::size_t waiting_ = 0;
    int in_flight_ = 0;
};

}  // namespace keyferry
