#include "engine/token_bucket.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace keyferry {

namespace {

using std::chrono::nanoseconds;

constexpr double kNanosecondsPerSecond = 1e9;

/// Two calls sent a second apart may arrive closer together, so the window is kept a tenth longer
/// than KMS's second, but never so long that it would hold the bucket below its own rate: the
/// whole calls that a window has room for must be able to make up the rate.
constexpr double kWindowSpare = 1.1;

nanoseconds guarded_window(const BucketLimits& limits) {
    const int calls = std::max(1, limits.window_tokens_max / limits.call_tokens_max);
    const double longest_s = calls * limits.call_tokens_max / limits.rate_per_s;
    const double window_s = std::clamp(longest_s, 1.0, kWindowSpare);
    return nanoseconds(static_cast<nanoseconds::rep>(window_s * kNanosecondsPerSecond));
}

}  // namespace

TokenBucket::TokenBucket(const BucketLimits& limits, Moment now)
    : limits_(limits), window_(guarded_window(limits)), rate_(limits.rate_per_s), full_at_(now) {
    assert(limits.rate_per_s > 0);
    assert(limits.window_tokens_max >= 1);
    assert(limits.call_tokens_max >= 1);
    assert(limits.burst_tokens >= limits.call_tokens_max);
}

nanoseconds TokenBucket::time_for(int tokens, Moment now) const {
    // Rounded up, so that rounding never makes a bucket faster than its quota.
    const double ns = std::ceil(tokens * kNanosecondsPerSecond / rate_.value_per_s(now));
    return nanoseconds(static_cast<nanoseconds::rep>(ns));
}

Moment TokenBucket::ready_at(int tokens, Moment now) const {
    assert(tokens >= 1);
    const int spare_tokens = std::max(0, limits_.burst_tokens - tokens);
    const Moment refilled = full_at_ - time_for(spare_tokens, now);
    return std::max({now, refilled, window_ready_at(tokens, now)});
}

Moment TokenBucket::window_ready_at(int tokens, Moment now) const {
    const int allowed = std::max(limits_.window_tokens_max, tokens) - tokens;
    int in_window = recent_tokens_;
    Moment ready = now;
    for (const Taken& taken : recent_) {
        const Moment leaves = taken.at + window_;
        if (leaves > now && in_window <= allowed) {
            break;
        }
        in_window -= taken.tokens;
        ready = std::max(ready, leaves);
    }
    return ready;
}

void TokenBucket::take(int tokens, Moment now) {
    assert(ready_at(tokens, now) <= now);
    while (!recent_.empty() && recent_.front().at + window_ <= now) {
        recent_tokens_ -= recent_.front().tokens;
        recent_.pop_front();
    }
    recent_.push_back(Taken{now, tokens});
    recent_tokens_ += tokens;
    full_at_ = std::max(full_at_, now) + time_for(tokens, now);
}

void TokenBucket::throttled(Moment sent_at, Moment now) {
    const double before_per_s = rate_.value_per_s(now);
    rate_.throttled(sent_at, now);
    if (full_at_ > now) {
        // The tokens that are missing stay missing; at the lower rate they take longer to come.
        const double longer = before_per_s / rate_.value_per_s(now);
        full_at_ = now + nanoseconds(static_cast<nanoseconds::rep>(
                             static_cast<double>((full_at_ - now).count()) * longer));
    }
}

}  // namespace keyferry
