#include "engine/token_bucket.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace keyferry {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

BucketLimits limits(double rate_per_s,
                    int window_tokens_max,
                    int burst_tokens,
                    int call_tokens_max = 1) {
    BucketLimits limits;
    limits.call_tokens_max = call_tokens_max;
    limits.rate_per_s = rate_per_s;
    limits.window_tokens_max = window_tokens_max;
    limits.burst_tokens = burst_tokens;
    return limits;
}

/// Takes as early as the bucket lets it, `calls` times; when each call left.
std::deque<Moment> take_greedily(TokenBucket& bucket, int tokens, int calls) {
    std::deque<Moment> left;
    Moment now{};
    for (int call = 0; call < calls; ++call) {
        now = bucket.ready_at(tokens, now);
        bucket.take(tokens, now);
        left.push_back(now);
    }
    return left;
}

TEST(TokenBucket, gives_its_burst_at_once_and_then_keeps_its_rate) {
    TokenBucket bucket(limits(4, 5, 2), Moment{});
    const std::deque<Moment> left = take_greedily(bucket, 1, 10);
    EXPECT_EQ(left[0], Moment{});
    EXPECT_EQ(left[1], Moment{});
    EXPECT_EQ(left[2], Moment{} + milliseconds(250));
    EXPECT_EQ(left[9], Moment{} + milliseconds(2000));
}

TEST(TokenBucket, lets_no_second_pass_the_quota_whatever_the_burst) {
    TokenBucket bucket(limits(4, 5, 4, 2), Moment{});
    const std::deque<Moment> left = take_greedily(bucket, 2, 200);
    for (std::size_t first = 0; first < left.size(); ++first) {
        int tokens = 0;
        for (std::size_t next = first; next < left.size() && left[next] - left[first] < seconds(1);
             ++next) {
            tokens += 2;
        }
        EXPECT_LE(tokens, 5) << "in the second after call " << first;
    }
}

TEST(TokenBucket, reaches_its_rate_in_the_long_run_in_spite_of_the_window) {
    TokenBucket bucket(limits(4, 5, 4, 2), Moment{});
    const std::deque<Moment> left = take_greedily(bucket, 2, 2001);
    EXPECT_LE(left.back() - left.front(), seconds(1000));
    EXPECT_GE(left.back() - left.front(), seconds(998));
}

TEST(TokenBucket, saves_no_more_than_its_burst_while_unused) {
    TokenBucket bucket(limits(4, 100, 2, 2), Moment{});
    const Moment later = Moment{} + seconds(1000);
    bucket.take(2, later);
    EXPECT_EQ(bucket.ready_at(2, later), later + milliseconds(500));
}

TEST(TokenBucket, waits_for_an_empty_window_when_a_call_costs_more_than_a_second_has) {
    TokenBucket bucket(limits(1, 1, 4, 2), Moment{});
    EXPECT_EQ(bucket.ready_at(2, Moment{}), Moment{});
    bucket.take(2, Moment{});
    EXPECT_GE(bucket.ready_at(2, Moment{}), Moment{} + seconds(1));
}

TEST(TokenBucket, never_rounds_to_a_faster_rate) {
    TokenBucket bucket(limits(3, 1000, 1), Moment{});
    const std::deque<Moment> left = take_greedily(bucket, 1, 3001);
    EXPECT_GE(left.back() - left.front(), seconds(1000));
}

TEST(TokenBucket, gives_nothing_sooner_for_being_throttled) {
    TokenBucket bucket(limits(4, 100, 4, 2), Moment{});
    bucket.take(2, Moment{});
    bucket.take(2, Moment{});
    const Moment before = bucket.ready_at(2, Moment{});
    bucket.throttled(Moment{}, Moment{});
    EXPECT_GT(bucket.ready_at(2, Moment{}), before);
}

TEST(AdaptiveRate, is_cut_once_for_all_calls_that_were_in_flight_together) {
    AdaptiveRate rate(10);
    const Moment start{};
    rate.throttled(start, start + milliseconds(100));
    EXPECT_DOUBLE_EQ(rate.value_per_s(start + milliseconds(100)), 7);
    rate.throttled(start + milliseconds(50), start + milliseconds(100));
    EXPECT_DOUBLE_EQ(rate.value_per_s(start + milliseconds(100)), 7);
}

TEST(AdaptiveRate, is_cut_again_for_a_call_sent_after_the_cut) {
    AdaptiveRate rate(10);
    const Moment start{};
    rate.throttled(start, start);
    rate.throttled(start + nanoseconds(1), start + nanoseconds(1));
    EXPECT_NEAR(rate.value_per_s(start + nanoseconds(1)), 4.9, 1e-6);
}

TEST(AdaptiveRate, grows_back_to_its_cap_and_no_further) {
    AdaptiveRate rate(10);
    const Moment start{};
    rate.throttled(start, start);
    EXPECT_NEAR(rate.value_per_s(start + seconds(2)), 8, 1e-9);
    EXPECT_DOUBLE_EQ(rate.value_per_s(start + seconds(100)), 10);
}

TEST(AdaptiveRate, never_comes_to_a_standstill) {
    AdaptiveRate rate(10);
    Moment now{};
    for (int cut = 0; cut < 100; ++cut) {
        now += nanoseconds(1);
        rate.throttled(now, now);
    }
    EXPECT_GE(rate.value_per_s(now), 0.5);
}

}  // namespace
}  // namespace keyferry
