// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/scheduler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BucketLimits quota(double per_s) {
    BucketLimits limits;
    limits.rate_per_s = per_s;
    limits.window_tokens_max = 1000;
    limits.burst_tokens = 4;
    return limits;
}

SchedulerSettings no_spacing() {
    SchedulerSettings settings;
    settings.same_key_spacing = milliseconds(0);
    return settings;
}

const io::Moment kStart{};

class SchedulerTest : public ::testing::Test {
  protected:
    LaneIndex lane(std::vector<Cost> costs, bool changes_key = false) {
        return scheduler.add_lane(LaneSettings{std::move(costs), {gate}, changes_key});
    }
    void enqueue(LaneIndex lane, std::uint32_t id, std::uint32_t key = 0) {
        scheduler.enqueue(lane, WaitingCall{id, key}, kStart, kStart);
    }

    Scheduler scheduler{no_spacing()};
    GateIndex gate = scheduler.add_gate(100);
};

TEST_F(SchedulerTest, starts_calls_of_a_lane_in_order) {
    const LaneIndex only = lane({});
    enqueue(only, 1);
    enqueue(only, 2);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 1U);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 2U);
    EXPECT_FALSE(scheduler.start_next(kStart));
}

TEST_F(SchedulerTest, takes_all_tokens_of_a_call_or_none) {
    const BucketIndex primary = scheduler.add_bucket(quota(1000), kStart);
    const BucketIndex replica = scheduler.add_bucket(quota(1), kStart);
    const BucketIndex other = scheduler.add_bucket(quota(1000), kStart);
    const LaneIndex slow = lane({{primary, 4}, {replica, 4}});
    const LaneIndex free = lane({{primary, 4}, {other, 1}});
    enqueue(slow, 1);
    enqueue(slow, 2);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 1U);
    // The next call of `slow` waits four seconds for the replica's tokens. In that time it must not
    // hold tokens of the primary: a call of the other lane starts as soon as the primary's bucket
    // allows.
    enqueue(free, 3);
    EXPECT_FALSE(scheduler.start_next(kStart));
    const std::optional<io::Moment> wake = scheduler.wake_at();
    ASSERT_TRUE(wake);
    EXPECT_EQ(*wake, kStart + milliseconds(4));
    EXPECT_EQ(scheduler.start_next(*wake)->call.id, 3U);
    EXPECT_FALSE(scheduler.start_next(kStart + milliseconds(3999)));
    EXPECT_EQ(scheduler.start_next(kStart + seconds(4))->call.id, 2U);
}

TEST_F(SchedulerTest, prefers_the_lane_with_the_longest_drain_time) {
    const BucketIndex fast = scheduler.add_bucket(quota(100), kStart);
    const BucketIndex slow = scheduler.add_bucket(quota(1), kStart);
    const LaneIndex many_but_fast = lane({{fast, 1}});
    const LaneIndex few_but_slow = lane({{slow, 1}});
    for (std::uint32_t id = 0; id < 50; ++id) {
        enqueue(many_but_fast, id);
    }
    enqueue(few_but_slow, 100);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 100U);
}

TEST_F(SchedulerTest, spaces_changes_of_one_key_and_lets_other_keys_pass) {
    const LaneIndex changing = lane({}, true);
    enqueue(changing, 1, 7);
    enqueue(changing, 2, 7);
    enqueue(changing, 3, 8);
    const StartedCall first = *scheduler.start_next(kStart);
    EXPECT_EQ(first.call.id, 1U);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 3U);
    EXPECT_FALSE(scheduler.start_next(kStart));
    EXPECT_FALSE(scheduler.wake_at()) << "only the end of a call can free the key";
    scheduler.finished(first, kStart);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 2U);
}

TEST_F(SchedulerTest, spaces_changes_of_one_key_across_lanes) {
    SchedulerSettings settings;
    settings.same_key_spacing = seconds(1);
    Scheduler spaced(settings);
    const LaneIndex east = spaced.add_lane(LaneSettings{{}, {}, true});
    const LaneIndex west = spaced.add_lane(LaneSettings{{}, {}, true});
    spaced.enqueue(east, WaitingCall{1, 7}, kStart, kStart);
    spaced.enqueue(west, WaitingCall{2, 7}, kStart, kStart);
    const StartedCall first = *spaced.start_next(kStart);
    EXPECT_FALSE(spaced.start_next(kStart));
    spaced.finished(first, kStart + milliseconds(10));
    EXPECT_FALSE(spaced.start_next(kStart + milliseconds(999)));
    EXPECT_EQ(spaced.wake_at(), kStart + seconds(1));
    EXPECT_EQ(spaced.start_next(kStart + seconds(1))->call.id, 2U);
}

TEST_F(SchedulerTest, does_not_space_reads) {
    const LaneIndex reading = lane({}, false);
    enqueue(reading, 1, 7);
    enqueue(reading, 2, 7);
    EXPECT_TRUE(scheduler.start_next(kStart));
    EXPECT_TRUE(scheduler.start_next(kStart));
}

TEST_F(SchedulerTest, keeps_calls_in_flight_of_a_gate_within_its_limit) {
    const LaneIndex narrow_lane =
        scheduler.add_lane(LaneSettings{{}, {scheduler.add_gate(1)}, false});
    enqueue(narrow_lane, 1);
    enqueue(narrow_lane, 2);
    const StartedCall first = *scheduler.start_next(kStart);
    EXPECT_FALSE(scheduler.start_next(kStart));
    scheduler.finished(first, kStart);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 2U);
}

TEST_F(SchedulerTest, keeps_all_calls_in_flight_within_the_global_limit) {
    SchedulerSettings settings;
    settings.in_flight_max = 1;
    Scheduler narrow(settings);
    const LaneIndex only = narrow.add_lane(LaneSettings{});
    narrow.enqueue(only, WaitingCall{1, 0}, kStart, kStart);
    narrow.enqueue(only, WaitingCall{2, 0}, kStart, kStart);
    EXPECT_TRUE(narrow.start_next(kStart));
    EXPECT_FALSE(narrow.start_next(kStart));
    EXPECT_FALSE(narrow.wake_at());
}

TEST_F(SchedulerTest, starts_a_deferred_call_when_it_is_due) {
    const LaneIndex only = lane({});
    scheduler.enqueue(only, WaitingCall{1, 0}, kStart, kStart + seconds(5));
    EXPECT_FALSE(scheduler.start_next(kStart));
    EXPECT_EQ(scheduler.wake_at(), kStart + seconds(5));
    EXPECT_EQ(scheduler.start_next(kStart + seconds(5))->call.id, 1U);
    EXPECT_EQ(scheduler.waiting(), 0U);
}

TEST_F(SchedulerTest, slows_only_the_replicas_bucket_when_throttled) {
    const BucketIndex primary = scheduler.add_bucket(quota(10), kStart);
    const BucketIndex troubled = scheduler.add_bucket(quota(10), kStart);
    const BucketIndex healthy = scheduler.add_bucket(quota(10), kStart);
    const LaneIndex to_troubled = lane({{primary, 1}, {troubled, 2}});
    const LaneIndex to_healthy = lane({{primary, 1}, {healthy, 2}});
    for (std::uint32_t id = 0; id < 10; ++id) {
        enqueue(to_troubled, id);
    }
    const StartedCall first = *scheduler.start_next(kStart);
    ASSERT_EQ(first.lane, to_troubled);
    EXPECT_DOUBLE_EQ(scheduler.drain_time().count(), 1.8);
    scheduler.throttled(first, kStart);
    EXPECT_NEAR(scheduler.drain_time().count(), 1.8 / 0.8, 1e-9);
    for (std::uint32_t id = 10; id < 30; ++id) {
        enqueue(to_healthy, id);
    }
    EXPECT_NEAR(scheduler.drain_time().count(), 4.0, 1e-9) << "20 calls x 2 tokens at 10/s";
}

/// Calls 1, 2, 3 ..., each on the key with the same number.
class CountingBacklog final : public Backlog {
  public:
    WaitingCall next(LaneIndex /*lane*/) override {
        ++calls;
        return WaitingCall{calls, calls};
    }
    std::uint32_t calls = 0;
};

TEST_F(SchedulerTest, fetches_a_backlog_call_when_it_starts) {
    CountingBacklog backlog;
    const LaneIndex only = lane({});
    scheduler.add_backlog(only, 1'000'000'000, backlog);
    EXPECT_EQ(scheduler.waiting(), 1'000'000'000U);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 1U);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 2U);
    EXPECT_EQ(backlog.calls, 2U);
}

TEST_F(SchedulerTest, starts_requeued_calls_before_and_postponed_calls_after_the_backlog) {
    CountingBacklog backlog;
    const LaneIndex only = lane({});
    scheduler.add_backlog(only, 2, backlog);
    scheduler.postpone(only, WaitingCall{100, 100}, kStart, kStart);
    enqueue(only, 50);
    std::vector<std::uint32_t> started;
    while (const auto call = scheduler.start_next(kStart)) {
        started.push_back(call->call.id);
    }
    EXPECT_EQ(started, (std::vector<std::uint32_t>{50, 1, 2, 100}));
}

TEST_F(SchedulerTest, stops_only_the_lanes_of_a_parked_gate) {
    const GateIndex parked = scheduler.add_gate(100);
    const LaneIndex behind = scheduler.add_lane(LaneSettings{{}, {parked}, false});
    const LaneIndex beside = lane({});
    scheduler.park(parked, kStart + seconds(30));
    enqueue(behind, 1);
    enqueue(beside, 2);
    EXPECT_EQ(scheduler.start_next(kStart)->call.id, 2U);
    EXPECT_FALSE(scheduler.start_next(kStart));
    EXPECT_EQ(scheduler.wake_at(), kStart + seconds(30));
}

TEST_F(SchedulerTest, lets_one_probe_at_a_time_through_a_parked_gate) {
    const GateIndex parked = scheduler.add_gate(100);
    const LaneIndex behind = scheduler.add_lane(LaneSettings{{}, {parked}, false});
    for (std::uint32_t id = 1; id <= 4; ++id) {
        enqueue(behind, id);
    }
    scheduler.park(parked, kStart + seconds(30));
    const auto probe = scheduler.start_next(kStart + seconds(30));
    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe->is_probe);
    EXPECT_FALSE(scheduler.start_next(kStart + seconds(30)));
    scheduler.park(parked, kStart + seconds(91));
    scheduler.finished(*probe, kStart + seconds(31));
    EXPECT_FALSE(scheduler.start_next(kStart + seconds(31)));
    EXPECT_EQ(scheduler.wake_at(), kStart + seconds(91));
    scheduler.open(parked, kStart + seconds(40));
    const auto free = scheduler.start_next(kStart + seconds(40));
    ASSERT_TRUE(free);
    EXPECT_FALSE(free->is_probe);
    EXPECT_TRUE(scheduler.start_next(kStart + seconds(40)));
}

TEST_F(SchedulerTest, returns_calls_of_an_abandoned_gate_without_starting_them) {
    CountingBacklog backlog;
    const GateIndex closed = scheduler.add_gate(100);
    const LaneIndex behind = scheduler.add_lane(LaneSettings{{}, {closed}, false});
    scheduler.add_backlog(behind, 2, backlog);
    scheduler.enqueue(behind, WaitingCall{9, 9}, kStart, kStart + seconds(5));
    scheduler.abandon(closed);
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 9U)
        << "although the call was not due for five seconds";
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 1U);
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 2U);
    EXPECT_FALSE(scheduler.take_abandoned());
    EXPECT_FALSE(scheduler.start_next(kStart));
    scheduler.enqueue(behind, WaitingCall{3, 3}, kStart, kStart + seconds(5));
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 3U);
    EXPECT_EQ(scheduler.waiting(), 0U);
}

TEST_F(SchedulerTest, returns_calls_of_an_abandoned_gate_that_wait_for_tokens) {
    const GateIndex closed = scheduler.add_gate(100);
    const BucketIndex bucket = scheduler.add_bucket(quota(1), kStart);
    const LaneIndex behind = scheduler.add_lane(LaneSettings{{{bucket, 4}}, {closed}, false});
    for (std::uint32_t id = 1; id <= 3; ++id) {
        enqueue(behind, id);
    }
    const auto sent = scheduler.start_next(kStart);
    ASSERT_TRUE(sent);
    EXPECT_FALSE(scheduler.start_next(kStart));
    scheduler.abandon(closed);
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 2U);
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 3U);
    scheduler.finished(*sent, kStart);
    EXPECT_EQ(scheduler.waiting(), 0U);
    EXPECT_FALSE(scheduler.start_next(kStart + seconds(60)));
    EXPECT_FALSE(scheduler.wake_at());
}

TEST_F(SchedulerTest, returns_calls_of_a_lane_added_after_its_gate_was_abandoned) {
    const GateIndex closed = scheduler.add_gate(100);
    scheduler.abandon(closed);
    const LaneIndex late = scheduler.add_lane(LaneSettings{{}, {closed}, false});
    enqueue(late, 1);
    EXPECT_EQ(scheduler.take_abandoned()->call.id, 1U);
    EXPECT_EQ(scheduler.waiting(), 0U);
}

// A bulkhead: the slower of two lanes at a gate leaves capacity to the other lane.
TEST_F(SchedulerTest, leaves_capacity_at_a_shared_gate_to_other_lanes) {
    const GateIndex shared = scheduler.add_gate(9);
    LaneSettings settings{{}, {shared}, false};
    settings.shares_gate = shared;
    const LaneIndex slow = scheduler.add_lane(settings);
    const LaneIndex fast = scheduler.add_lane(settings);
    for (std::uint32_t id = 1; id <= 20; ++id) {
        enqueue(slow, id);
    }
    std::vector<StartedCall> slow_calls;
    while (const auto started = scheduler.start_next(kStart)) {
        slow_calls.push_back(*started);
    }
    EXPECT_EQ(slow_calls.size(), 6U) << "twice the free capacity";
    for (std::uint32_t id = 21; id <= 40; ++id) {
        enqueue(fast, id);
    }
    for (int call = 0; call < 20; ++call) {
        const auto started = scheduler.start_next(kStart);
        ASSERT_TRUE(started);
        EXPECT_EQ(started->lane, fast);
        scheduler.finished(*started, kStart);
    }
    scheduler.finished(slow_calls.front(), kStart);
    EXPECT_EQ(scheduler.start_next(kStart)->lane, slow);
}

// The main measure of the scheduler: the duration of a fleet relative to the lower bound given by
// its quotas. Two primaries, six replica Regions, skewed sizes, KMS's default quotas.
TEST(Scheduler, finishes_a_skewed_fleet_within_two_percent_of_the_lower_bound) {
    Scheduler scheduler{no_spacing()};
    BucketLimits limits = quota(4);
    limits.window_tokens_max = 5;
    std::array<BucketIndex, 2> primaries{};
    std::array<BucketIndex, 6> replicas{};
    for (BucketIndex& bucket : primaries) {
        limits.burst_tokens = 2;
        bucket = scheduler.add_bucket(limits, kStart);
    }
    for (BucketIndex& bucket : replicas) {
        limits.call_tokens_max = 2;
        limits.burst_tokens = 4;
        bucket = scheduler.add_bucket(limits, kStart);
    }
    std::array<int, 2> primary_tokens{};
    std::array<int, 6> replica_tokens{};
    std::uint32_t id = 0;
    for (std::size_t p = 0; p < primaries.size(); ++p) {
        for (std::size_t r = 0; r < replicas.size(); ++r) {
            const LaneIndex lane = scheduler.add_lane(
                LaneSettings{{Cost{primaries[p], 1}, Cost{replicas[r], 2}}, {}, false});
            const int calls = static_cast<int>(20 + 60 * p + 40 * r);
            for (int call = 0; call < calls; ++call) {
                scheduler.enqueue(lane, WaitingCall{id++, id}, kStart, kStart);
            }
            primary_tokens[p] += calls;
            replica_tokens[r] += 2 * calls;
        }
    }
    double lower_bound_s = 0;
    for (const int tokens : primary_tokens) {
        lower_bound_s = std::max(lower_bound_s, (tokens - 2) / 4.0);
    }
    for (const int tokens : replica_tokens) {
        lower_bound_s = std::max(lower_bound_s, (tokens - 4) / 4.0);
    }
    io::Moment now = kStart;
    while (scheduler.waiting() > 0) {
        while (const std::optional<StartedCall> started = scheduler.start_next(now)) {
            scheduler.finished(*started, now);
        }
        if (const std::optional<io::Moment> wake = scheduler.wake_at()) {
            ASSERT_GT(*wake, now);
            now = *wake;
        }
    }
    const double makespan_s = std::chrono::duration<double>(now - kStart).count();
    EXPECT_GE(makespan_s, lower_bound_s);
    EXPECT_LE(makespan_s, 1.02 * lower_bound_s);
}

}  // namespace
}  // namespace keyferry::engine
