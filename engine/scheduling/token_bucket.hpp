// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/adaptive_rate.hpp"
#include "io/clock/moment.hpp"

#include <chrono>
#include <deque>
#include <optional>

namespace keyferry::engine {

inline constexpr double kNanosecondsPerSecond = 1e9;

/// Maximum time that a bucket pauses because of x-amz-retry-after. The AWS SDKs have the same limit
/// (2026 standard retry mode).
inline constexpr std::chrono::milliseconds kRetryAfterMax{5000};

/// No matter how often it is throttled, a bucket allows at least one call per interval of this
/// length, so that the end of throttling is detected. The rate recovers within 21 s after
/// throttling ends, including the 9 s that it takes to grow from zero to 90 % of the cap. Ten
/// minutes of throttling cost 50 calls. Each of these calls also takes a token from the primary's
/// quota that a call to another Region could have used. At 4 calls per second, this is 2 % of the
/// tokens (bench/bulkheads).
inline constexpr std::chrono::seconds kThrottledCallSpacing{12};

/// The limits of a bucket.
struct BucketLimits {
    /// The long-term average number of tokens per second: the quota times the share. Must be
    /// positive.
    double rate_per_s = 0;
    /// The maximum number of tokens in any one-second window: the quota rounded down, or 1 if that
    /// is less. KMS counts calls per second, so this limit applies regardless of the burst.
    int window_tokens_max = 1;
    /// The maximum cost of one call.
    int call_tokens_max = 1;
    /// The maximum number of unused tokens that can accumulate; at least the cost of a call. A
    /// slightly higher value compensates for times when this bucket is full but the other bucket
    /// that a call uses is empty.
    int burst_tokens = 1;

    friend bool operator==(const BucketLimits&, const BucketLimits&) = default;
};

/// A request quota of one account, Region and API, modeled as a token bucket with an additional
/// rule: the number of tokens taken in any one-second window never exceeds the quota. Pure: all
/// times are arguments.
class TokenBucket {
  public:
    TokenBucket(const BucketLimits& limits, io::Moment now);

    /// The earliest time, not before `now`, at which `tokens` tokens can be taken if no others are
    /// taken before that. If `tokens` exceeds the quota for a whole second, this is when the window
    /// is empty.
    [[nodiscard]] io::Moment ready_at(int tokens, io::Moment now) const;

    /// Takes the tokens. ready_at(tokens, now) must not be later than `now`.
    void take(int tokens, io::Moment now);

    /// Reports that the call whose tokens were taken at `taken_at` was not sent until `now`. Its
    /// tokens then count against the quota for one second from `now`.
    void left_late(io::Moment taken_at, io::Moment now);

    /// Returns when the call whose tokens were taken for `taken_at` may be sent. This is later than
    /// `taken_at` if the tokens were taken in advance, for the window after an earlier call, and
    /// the earlier call was then sent late.
    [[nodiscard]] io::Moment may_leave_at(io::Moment taken_at) const;

    /// Reports that KMS throttled a call sent at `sent_at`. Cuts the rate, but only once for all
    /// calls that were in flight at the same time. If `retry_after` is set, no token is available
    /// for that time, or for kRetryAfterMax if that is shorter; negative values are ignored. If a
    /// call is throttled at the full rate, the network may have delivered calls closer together
    /// than they were sent. Therefore, the one-second window is also extended by a hundredth of a
    /// second, up to a tenth of a second in total.
    void throttled(io::Moment sent_at,
                   io::Moment now,
                   std::optional<std::chrono::milliseconds> retry_after = {});

    /// Reports that KMS responded to a call sent at `sent_at` without throttling it. If the rate
    /// was cut before the call was sent, the rate grows again.
    void answered(io::Moment sent_at, io::Moment now) { rate_.answered(sent_at, now); }

    /// Removes tokens from the one-second window that were taken in advance, for use after `now`,
    /// by calls that will not be sent. The tokens are not returned to the bucket.
    void forget_after(io::Moment now);

    [[nodiscard]] const BucketLimits& limits() const noexcept { return limits_; }

    /// The current number of tokens per second.
    [[nodiscard]] double rate_per_s() const { return limits_.rate_per_s * rate_.part_of_cap(); }

  private:
    struct Taken {
        io::Moment at;
        int tokens;
    };

    /// A call that was sent late, after tokens for the next window had already been taken.
    struct LeftLate {
        io::Moment taken_at;
        io::Moment at;
    };

    [[nodiscard]] io::Moment window_ready_at(int tokens, io::Moment now) const;

    BucketLimits limits_;
    std::chrono::nanoseconds window_;
    std::chrono::nanoseconds token_time_;  ///< time per token at the cap
    AdaptiveRate rate_;
    /// The time at which the bucket will be full if no more tokens are taken, on the clock of
    /// rate_. That clock slows down when the rate is cut, so the number of missing tokens stays the
    /// same, but they take longer to refill.
    std::chrono::nanoseconds full_at_clock_;
    io::Moment nothing_before_ = io::Moment::min();  ///< when the retry-after ends
    std::deque<Taken> recent_;  ///< tokens taken in the last window, oldest first; at most one
                                ///< entry per token
    int recent_tokens_ = 0;
    std::deque<LeftLate> left_late_;  ///< calls in the last window, in the order in which they were
                                      ///< sent
};

}  // namespace keyferry::engine
