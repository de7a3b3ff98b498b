// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/adaptive_rate.hpp"
#include "io/clock/moment.hpp"

#include <chrono>
#include <deque>
#include <optional>

namespace keyferry::engine {

inline constexpr double kNanosecondsPerSecond = 1e9;

/// Maximum time for which a bucket pauses because of x-amz-retry-after. The AWS SDKs use the same
/// limit (2026 standard retry mode).
inline constexpr std::chrono::milliseconds kRetryAfterMax{5000};

/// However often a bucket is throttled, it allows at least one call per interval of this length, so
/// that the end of throttling is detected. The rate recovers within 21 s of that end, including the
/// 9 s that it takes to grow from zero to 90 % of the cap. Ten minutes of throttling cost 50 calls.
/// Each of these calls also takes a token of the primary's quota that other Regions could use,
/// which is 2 % of the tokens at 4 calls per second (bench/bulkheads).
inline constexpr std::chrono::seconds kThrottledCallSpacing{12};

/// The limits of a bucket.
struct BucketLimits {
    /// The long-term number of tokens per second: quota x share. Must be positive.
    double rate_per_s = 0;
    /// The maximum number of tokens in any one-second window: the quota itself, rounded down, at
    /// least 1. KMS counts calls per second, so this limit applies regardless of the burst.
    int window_tokens_max = 1;
    /// The maximum cost of one call.
    int call_tokens_max = 1;
    /// The maximum number of tokens that can accumulate while unused; at least the cost of a call.
    /// A slightly higher value compensates for the time in which this bucket is full but a call's
    /// other bucket is empty.
    int burst_tokens = 1;

    friend bool operator==(const BucketLimits&, const BucketLimits&) = default;
};

/// One request quota of one account, Region and API, modeled as a token bucket with an additional
/// rule: the tokens taken in any one-second window never exceed the quota. Pure: all times are
/// arguments.
class TokenBucket {
  public:
    TokenBucket(const BucketLimits& limits, io::Moment now);

    /// The earliest time, not before `now`, at which `tokens` can be taken if no others are taken
    /// before that. If the cost exceeds the quota of a whole second, this is when the window is
    /// empty.
    [[nodiscard]] io::Moment ready_at(int tokens, io::Moment now) const;

    /// Takes the tokens. Requires ready_at(tokens, now) <= now.
    void take(int tokens, io::Moment now);

    /// Reports that the call whose tokens were taken at `taken_at` was sent later, at `now`. Its
    /// tokens then count against the quota for one second from `now`.
    void left_late(io::Moment taken_at, io::Moment now);

    /// Returns when the call whose tokens were taken for `taken_at` may be sent. This is later than
    /// `taken_at` if the tokens were taken ahead of time, for the window that follows an earlier
    /// call, and that call was then sent late.
    [[nodiscard]] io::Moment may_leave_at(io::Moment taken_at) const;

    /// Reports that KMS throttled a call sent at `sent_at`. The rate is cut, but only once for all
    /// calls that were in flight together. If `retry_after` is set, no token is available until
    /// that time, or kRetryAfterMax if that is shorter, has passed; negative values are ignored. A
    /// throttle at the full rate may mean that the network has delivered calls closer together than
    /// they were sent. The one-second window is therefore extended by a hundredth of a second, up
    /// to a tenth of a second in total.
    void throttled(io::Moment sent_at,
                   io::Moment now,
                   std::optional<std::chrono::milliseconds> retry_after = {});

    /// Reports that KMS gave a response other than a throttle to a call sent at `sent_at`. If the
    /// rate was cut before the call was sent, it grows again.
    void answered(io::Moment sent_at, io::Moment now) { rate_.answered(sent_at, now); }

    /// Removes from the one-second window the tokens that were taken ahead of time, for use after
    /// `now`, by calls that will not be sent. The tokens are not returned to the bucket.
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
    /// When the bucket will be full if no more tokens are taken, as a time on the clock of rate_. A
    /// cut of the rate thus does not change the number of missing tokens, but they take longer to
    /// refill.
    std::chrono::nanoseconds full_at_clock_;
    io::Moment nothing_before_ = io::Moment::min();  ///< end of the retry-after
    std::deque<Taken> recent_;  ///< in the last window, oldest first; at most one entry per token
    int recent_tokens_ = 0;
    std::deque<LeftLate> left_late_;  ///< calls in the last window, in the order in which they were
                                      ///< sent
};

}  // namespace keyferry::engine
