// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/token_bucket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
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

/// Takes tokens as early as possible, `calls` times; returns when each call was sent.
std::deque<io::Moment> take_greedily(TokenBucket& bucket, int tokens, int calls) {
    std::deque<io::Moment> left;
    io::Moment now{};
    for (int call = 0; call < calls; ++call) {
        now = bucket.ready_at(tokens, now);
        bucket.take(tokens, now);
        left.push_back(now);
    }
    return left;
}

TEST(TokenBucket, allows_its_burst_and_then_its_rate) {
    TokenBucket bucket(limits(4, 5, 2), io::Moment{});
    const std::deque<io::Moment> left = take_greedily(bucket, 1, 10);
    EXPECT_EQ(left[0], io::Moment{});
    EXPECT_EQ(left[1], io::Moment{});
    EXPECT_EQ(left[2], io::Moment{} + milliseconds(250));
    EXPECT_EQ(left[9], io::Moment{} + milliseconds(2000));
}

TEST(TokenBucket, keeps_every_second_within_the_quota_despite_bursts) {
    TokenBucket bucket(limits(4, 5, 4, 2), io::Moment{});
    const std::deque<io::Moment> left = take_greedily(bucket, 2, 200);
    for (std::size_t first = 0; first < left.size(); ++first) {
        int tokens = 0;
        for (std::size_t next = first; next < left.size() && left[next] - left[first] < seconds(1);
             ++next) {
            tokens += 2;
        }
        EXPECT_LE(tokens, 5) << "in the second after call " << first;
    }
}

TEST(TokenBucket, reaches_its_long_term_rate_despite_the_window) {
    TokenBucket bucket(limits(4, 5, 4, 2), io::Moment{});
    const std::deque<io::Moment> left = take_greedily(bucket, 2, 2001);
    EXPECT_LE(left.back() - left.front(), seconds(1000));
    EXPECT_GE(left.back() - left.front(), seconds(998));
}

TEST(TokenBucket, accumulates_at_most_its_burst_while_unused) {
    TokenBucket bucket(limits(4, 100, 2, 2), io::Moment{});
    const io::Moment later = io::Moment{} + seconds(1000);
    bucket.take(2, later);
    EXPECT_EQ(bucket.ready_at(2, later), later + milliseconds(500));
}

TEST(TokenBucket, waits_for_an_empty_window_for_a_call_above_the_quota) {
    TokenBucket bucket(limits(1, 1, 4, 2), io::Moment{});
    EXPECT_EQ(bucket.ready_at(2, io::Moment{}), io::Moment{});
    bucket.take(2, io::Moment{});
    EXPECT_GE(bucket.ready_at(2, io::Moment{}), io::Moment{} + seconds(1));
}

TEST(TokenBucket, never_rounds_to_a_faster_rate) {
    TokenBucket bucket(limits(3, 1000, 1), io::Moment{});
    const std::deque<io::Moment> left = take_greedily(bucket, 1, 3001);
    EXPECT_GE(left.back() - left.front(), seconds(1000));
}

TEST(TokenBucket, never_allows_a_call_earlier_after_a_throttle) {
    TokenBucket bucket(limits(4, 100, 4, 2), io::Moment{});
    bucket.take(2, io::Moment{});
    bucket.take(2, io::Moment{});
    const io::Moment before = bucket.ready_at(2, io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{});
    EXPECT_GT(bucket.ready_at(2, io::Moment{}), before);
}

TEST(TokenBucket, allows_nothing_before_the_retry_after) {
    TokenBucket bucket(limits(100, 100, 2), io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{}, milliseconds(3000));
    EXPECT_EQ(bucket.ready_at(1, io::Moment{}), io::Moment{} + milliseconds(3000));
    bucket.throttled(io::Moment{}, io::Moment{}, milliseconds(1000));
    EXPECT_EQ(bucket.ready_at(1, io::Moment{}), io::Moment{} + milliseconds(3000));
}

TEST(TokenBucket, ignores_negative_and_caps_long_retry_after) {
    TokenBucket bucket(limits(100, 100, 2), io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{}, milliseconds(-1));
    EXPECT_EQ(bucket.ready_at(1, io::Moment{}), io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{}, milliseconds(3'600'000));
    EXPECT_EQ(bucket.ready_at(1, io::Moment{}), io::Moment{} + kRetryAfterMax);
}

TEST(TokenBucket, provides_all_tokens_of_a_reduced_rate) {
    TokenBucket bucket(limits(10, 1000, 1), io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{});
    // 1 at once, then 8 per second.
    const std::deque<io::Moment> left = take_greedily(bucket, 1, 1 + 16);
    EXPECT_GE(left.back() - io::Moment{}, seconds(2));
    EXPECT_LE(left.back() - io::Moment{}, seconds(2) + milliseconds(1));
}

/// A bucket of 4 tokens per second, 2 per call, with responses after 100 ms.
class Storm {
  public:
    int attempts_until(io::Moment end, bool throttled) {
        int attempts = 0;
        for (io::Moment at = bucket_.ready_at(2, now_); at < end; at = bucket_.ready_at(2, now_)) {
            bucket_.take(2, at);
            now_ = at + milliseconds(100);
            throttled ? bucket_.throttled(at, now_) : bucket_.answered(at, now_);
            ++attempts;
        }
        return attempts;
    }
    double rate_per_s() const { return bucket_.rate_per_s(); }

  private:
    TokenBucket bucket_{limits(4, 5, 4, 2), io::Moment{}};
    io::Moment now_{};
};

TEST(TokenBucket, makes_few_attempts_while_everything_is_throttled) {
    Storm storm;
    const int attempts = storm.attempts_until(io::Moment{} + minutes(10), true);
    EXPECT_LE(attempts, 65) << "at the cap, there would be 1200 attempts";
    EXPECT_GE(attempts, 45) << "one every twelve seconds, to detect the end of throttling";
}

TEST(TokenBucket, recovers_90_percent_of_its_rate_25_seconds_after_throttling) {
    Storm storm;
    const io::Moment over = io::Moment{} + minutes(10);
    storm.attempts_until(over, true);
    storm.attempts_until(over + seconds(25), false);
    EXPECT_GE(storm.rate_per_s(), 0.9 * 4);
}

TEST(TokenBucket, uses_nearly_all_of_any_rate_within_its_window) {
    for (const double quota : {1.0, 2.0, 4.0, 5.0, 10.0, 50.0, 2000.0}) {
        for (const double share : {0.5, 0.8, 1.0}) {
            for (const int cost : {1, 2}) {
                const int window = static_cast<int>(quota);
                TokenBucket bucket(limits(quota * share, window, 2 * cost, cost), io::Moment{});
                // Only whole calls fit into a second; at least one call always does.
                const int window_calls = std::max(1, window / cost);
                const double best_per_s = std::min(quota * share, 1.0 * window_calls * cost);
                const int calls = static_cast<int>(100 * best_per_s / cost);
                const io::Moment last = take_greedily(bucket, cost, calls).back();
                EXPECT_LE(last - io::Moment{}, std::chrono::duration<double>(100 / 0.98))
                    << quota << " x " << share << ", " << cost << " a call";
            }
        }
    }
}

/// Uses a bucket randomly: makes calls as early as possible, with random responses and throttles.
class RandomUse {
  public:
    explicit RandomUse(std::uint64_t seed) : random_(seed) {
        const std::array quotas{1.0, 2.0, 4.0, 5.0, 10.0, 50.0, 2000.0};
        const std::array shares{0.3, 0.5, 0.8, 1.0};
        const double quota = quotas[below(quotas.size())];
        cost_ = 1 + static_cast<int>(below(2));
        limits_ = limits(quota * shares[below(shares.size())],
                         static_cast<int>(quota),
                         cost_ * (1 + static_cast<int>(below(3))),
                         cost_);
        bucket_.emplace(limits_, now_);
    }

    void run(int steps) {
        for (int step = 0; step < steps; ++step) {
            switch (below(4)) {
                case 0:
                    bucket_->throttled(sent_or_now(), now_, retry_after());
                    break;
                case 1:
                    bucket_->answered(sent_or_now(), now_);
                    break;
                default:
                    take();
            }
            pass(nanoseconds(below(100'000'000)));
        }
    }

  private:
    struct Taken {
        io::Moment at;
        int tokens;
    };

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    io::Moment sent_or_now() { return taken_.empty() ? now_ : taken_[below(taken_.size())].at; }

    std::optional<milliseconds> retry_after() {
        if (below(4) != 0) {
            return std::nullopt;
        }
        const milliseconds named(below(8000));
        nothing_before_ = std::max(nothing_before_, now_ + std::min(named, milliseconds(5000)));
        return named;
    }

    /// Advances time in small steps and sums up the tokens that the bucket's rate yields.
    void pass(nanoseconds time) {
        const io::Moment end = now_ + time;
        while (now_ < end) {
            const io::Moment next = std::min(end, now_ + milliseconds(5));
            brought_ += bucket_->rate_per_s() * std::chrono::duration<double>(next - now_).count();
            now_ = next;
        }
    }

    void take() {
        const io::Moment ready = bucket_->ready_at(cost_, now_);
        pass(ready - now_);
        ASSERT_EQ(bucket_->ready_at(cost_, now_), now_);
        bucket_->take(cost_, now_);
        taken_.push_back(Taken{now_, cost_});
        taken_tokens_ += cost_;
        EXPECT_GE(now_, nothing_before_);
        EXPECT_LE(taken_tokens_, limits_.burst_tokens + brought_ + 1e-2)
            << "faster than the bucket's rate";
        int in_window = 0;
        for (const Taken& taken : taken_) {
            in_window += now_ - taken.at < seconds(1) ? taken.tokens : 0;
        }
        EXPECT_LE(in_window, std::max(limits_.window_tokens_max, cost_));
    }

    std::mt19937_64 random_;
    io::Moment now_{};
    BucketLimits limits_;
    int cost_ = 1;
    std::optional<TokenBucket> bucket_;
    std::vector<Taken> taken_;
    io::Moment nothing_before_{};
    double brought_ = 0;
    int taken_tokens_ = 0;
};

TEST(TokenBucket, keeps_its_rate_and_window_through_any_throttles_and_responses) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomUse use(seed);
        use.run(300);
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

TEST(TokenBucket, counts_a_late_call_from_when_it_was_sent) {
    BucketLimits limits;
    limits.rate_per_s = 4;
    limits.window_tokens_max = 5;
    limits.call_tokens_max = 2;
    limits.burst_tokens = 4;
    const io::Moment start{};
    TokenBucket bucket(limits, start);
    bucket.take(2, start);
    bucket.take(2, start + milliseconds(500));
    bucket.left_late(start, start + milliseconds(30));
    EXPECT_EQ(bucket.ready_at(2, start + milliseconds(900)), start + milliseconds(1030))
        << "otherwise three calls, 6 tokens, would reach KMS within a second";
    bucket.left_late(start + milliseconds(500), start + milliseconds(700));
    bucket.take(2, start + milliseconds(1030));
    EXPECT_EQ(bucket.ready_at(2, start + milliseconds(1030)), start + milliseconds(1700));
}

TEST(TokenBucket, calls_scheduled_ahead_wait_for_a_call_that_was_sent_late) {
    BucketLimits limits;
    limits.rate_per_s = 4;
    limits.window_tokens_max = 4;
    limits.burst_tokens = 1;
    const io::Moment start{};
    TokenBucket bucket(limits, start);
    for (const int at_ms : {0, 250, 500, 750, 1000, 1250}) {  // two seconds ahead of time
        bucket.take(1, start + milliseconds(at_ms));
    }
    EXPECT_EQ(bucket.may_leave_at(start + milliseconds(1000)), start + milliseconds(1000));
    bucket.left_late(start, start + milliseconds(90));
    EXPECT_EQ(bucket.may_leave_at(start + milliseconds(750)), start + milliseconds(750));
    EXPECT_EQ(bucket.may_leave_at(start + milliseconds(1000)), start + milliseconds(1090))
        << "otherwise five calls would reach KMS within a second";
    EXPECT_EQ(bucket.may_leave_at(start + milliseconds(1250)), start + milliseconds(1250));
}

TEST(TokenBucket, widens_the_spacing_after_a_throttle_at_the_full_rate) {
    BucketLimits limits;
    limits.rate_per_s = 4;
    limits.window_tokens_max = 5;
    limits.call_tokens_max = 2;
    limits.burst_tokens = 4;
    TokenBucket bucket(limits, io::Moment{});
    bucket.throttled(io::Moment{}, io::Moment{});
    bucket.answered(io::Moment{} + milliseconds(1), io::Moment{} + milliseconds(2));
    const io::Moment later = io::Moment{} + std::chrono::seconds(100);
    bucket.answered(io::Moment{} + milliseconds(1), later);
    ASSERT_EQ(bucket.rate_per_s(), 4);
    bucket.take(2, later);
    bucket.take(2, later);
    EXPECT_EQ(bucket.ready_at(2, later), later + milliseconds(1010));
}

}  // namespace
}  // namespace keyferry::engine
