// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/token_bucket.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace keyferry::engine {

namespace {

using std::chrono::nanoseconds;

/// Two calls that are sent a second apart may arrive closer together, so the window is a tenth
/// longer than KMS's second. However, the number of calls that fit into a window must still be
/// enough for the bucket's rate, which limits the window. If this leaves no margin, the window is
/// widened step by step whenever a call is throttled at the full rate.
constexpr double kWindowSpare = 1.1;
constexpr std::chrono::milliseconds kWindowLongest{1100};
/// Above this rate, calls are not spaced individually, because tracking each call would cost more
/// than the rest of its processing. The journal makes the records of a group of calls durable
/// together, so calls are sent in groups anyway.
constexpr int kSpacedTokensMax = 1000;
constexpr std::chrono::milliseconds kWindowWidening{10};

nanoseconds guarded_window(const BucketLimits& limits) {
    const int calls = std::max(1, limits.window_tokens_max / limits.call_tokens_max);
    const double longest_s = calls * limits.call_tokens_max / limits.rate_per_s;
    const double window_s = std::clamp(longest_s, 1.0, kWindowSpare);
    return nanoseconds(static_cast<nanoseconds::rep>(window_s * kNanosecondsPerSecond));
}

/// Rounded up, so that rounding never makes a bucket faster than its quota.
nanoseconds token_time(double rate_per_s) {
    constexpr double kLongest_ns = 1e15;  // eleven days; longer times would overflow below
    const double ns = std::ceil(kNanosecondsPerSecond / rate_per_s);
    return nanoseconds(static_cast<nanoseconds::rep>(std::min(ns, kLongest_ns)));
}

double floor_of_rate(const BucketLimits& limits) {
    const std::chrono::duration<double> spacing = kThrottledCallSpacing;
    return std::min(1.0, limits.call_tokens_max / spacing.count() / limits.rate_per_s);
}

}  // namespace

TokenBucket::TokenBucket(const BucketLimits& limits, io::Moment now)
    : limits_(limits),
      window_(guarded_window(limits)),
      token_time_(token_time(limits.rate_per_s)),
      rate_(floor_of_rate(limits)),
      full_at_clock_(rate_.clock_at(now)) {
    assert(limits.rate_per_s > 0);
    assert(limits.window_tokens_max >= 1);
    assert(limits.call_tokens_max >= 1);
    assert(limits.burst_tokens >= limits.call_tokens_max);
}

io::Moment TokenBucket::ready_at(int tokens, io::Moment now) const {
    assert(tokens >= 1);
    const int spare_tokens = std::max(0, limits_.burst_tokens - tokens);
    const io::Moment refilled = rate_.when_clock_is(full_at_clock_ - spare_tokens * token_time_);
    return std::max({now, refilled, nothing_before_, window_ready_at(tokens, now)});
}

io::Moment TokenBucket::window_ready_at(int tokens, io::Moment now) const {
    const int allowed = std::max(limits_.window_tokens_max, tokens) - tokens;
    if (recent_tokens_ <= allowed) {
        return now;
    }
    int in_window = recent_tokens_;
    io::Moment ready = now;
    for (const Taken& taken : recent_) {
        const io::Moment leaves = taken.at + window_;
        if (leaves > now && in_window <= allowed) {
            break;
        }
        in_window -= taken.tokens;
        ready = std::max(ready, leaves);
    }
    return ready;
}

void TokenBucket::take(int tokens, io::Moment now) {
    assert(ready_at(tokens, now) <= now);
    while (!recent_.empty() && recent_.front().at + window_ <= now) {
        recent_tokens_ -= recent_.front().tokens;
        recent_.pop_front();
    }
    recent_.push_back(Taken{now, tokens});
    recent_tokens_ += tokens;
    full_at_clock_ = std::max(full_at_clock_, rate_.clock_at(now)) + tokens * token_time_;
}

void TokenBucket::left_late(io::Moment taken_at, io::Moment now) {
    assert(taken_at <= now);
    if (window_ >= kWindowLongest || limits_.window_tokens_max > kSpacedTokensMax) {
        return;  // the window is long enough, or calls are sent in groups
    }
    const auto is_before = [](const Taken& one, io::Moment moment) {
        return one.at < moment;
    };
    const auto taken = std::lower_bound(recent_.begin(), recent_.end(), taken_at, is_before);
    if (taken == recent_.end() || taken->at != taken_at) {
        // Tokens were taken in advance, for the time when the one-second window of the late call
        // was expected to end.
        while (!left_late_.empty() && left_late_.front().at + window_ <= now) {
            left_late_.pop_front();
        }
        left_late_.push_back(LeftLate{taken_at, now});
        return;
    }
    taken->at = now;
    // A call whose tokens were taken later may have been sent earlier.
    std::rotate(taken, taken + 1, std::lower_bound(taken + 1, recent_.end(), now, is_before));
}

void TokenBucket::forget_after(io::Moment now) {
    while (!recent_.empty() && recent_.back().at > now) {
        recent_tokens_ -= recent_.back().tokens;
        recent_.pop_back();
    }
}

io::Moment TokenBucket::may_leave_at(io::Moment taken_at) const {
    io::Moment earliest = taken_at;
    for (const LeftLate& late : left_late_) {
        if (late.taken_at + window_ <= taken_at) {
            earliest = std::max(earliest, late.at + window_);
        }
    }
    return earliest;
}

void TokenBucket::throttled(io::Moment sent_at,
                            io::Moment now,
                            std::optional<std::chrono::milliseconds> retry_after) {
    if (rate_.part_of_cap() >= 1 && window_ < kWindowLongest) {
        window_ = std::min<nanoseconds>(window_ + kWindowWidening, kWindowLongest);
    }
    rate_.throttled(sent_at, now);
    if (retry_after) {
        nothing_before_ = std::max(nothing_before_, now + std::min(*retry_after, kRetryAfterMax));
    }
}

}  // namespace keyferry::engine
