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

/// A bucket allows at least one call per this interval, however often it is throttled, to detect
/// when throttling ends. Including the growth from zero to 90 % of the cap (9 s), the rate recovers
/// 21 s after throttling ends, and 10 minutes of throttling cost 50 calls. Each of these calls also
/// takes a token of the primary's quota that other Regions could use: at 4 calls per second, 2 %
/// (bench/bulkheads).
inline constexpr std::chrono::seconds kThrottledCallSpacing{12};

/// The limits of a bucket.
struct BucketLimits {
    /// Long-term tokens per second: quota x share. > 0.
    double rate_per_s = 0;
    /// Tokens in any one-second window: the quota itself, rounded down, at least 1. KMS counts per
    /// second, so this holds regardless of the burst.
    int window_tokens_max = 1;
    /// The maximum cost of one call.
    int call_tokens_max = 1;
    /// Tokens that can accumulate while unused; at least the cost of a call. A little more
    /// compensates for the time in which this bucket is full but a call's other bucket is empty.
    int burst_tokens = 1;
};

/// One request quota of one account, Region and API, as a token bucket with an additional rule: no
/// one-second window exceeds the quota. Pure: all times are arguments.
class TokenBucket {
  public:
    TokenBucket(const BucketLimits& limits, io::Moment now);

    /// The earliest time, not before `now`, at which `tokens` can be taken if none are taken
    /// before. A cost above the quota of a whole second waits for an empty window.
    [[nodiscard]] io::Moment ready_at(int tokens, io::Moment now) const;

    /// Takes the tokens. Requires ready_at(tokens, now) <= now.
    void take(int tokens, io::Moment now);

    /// Reports that the call whose tokens were taken at `taken_at` was sent later, at `now`: the
    /// second in which it counts begins there.
    void left_late(io::Moment taken_at, io::Moment now);

    /// When the call whose tokens were taken for `taken_at` may be sent: later than that if tokens
    /// were taken ahead of time, for the second after a call that then left late.
    [[nodiscard]] io::Moment may_leave_at(io::Moment taken_at) const;

    /// Reports that KMS throttled a call sent at `sent_at`. The rate is cut, once for all calls
    /// that were in flight together. With a `retry_after`, no token is available until it has
    /// passed, or kRetryAfterMax if that is shorter; negative values are ignored. A throttle at the
    /// full rate may mean that the network has delivered calls closer together than they were sent.
    /// The one-second window then becomes a hundredth of a second longer, up to a tenth.
    void throttled(io::Moment sent_at,
                   io::Moment now,
                   std::optional<std::chrono::milliseconds> retry_after = {});

    /// Reports that KMS gave another response to a call sent at `sent_at`. If the rate was cut
    /// before the call was sent, it grows again.
    void answered(io::Moment sent_at, io::Moment now) { rate_.answered(sent_at, now); }

    /// The current number of tokens per second.
    [[nodiscard]] double rate_per_s() const { return limits_.rate_per_s * rate_.part_of_cap(); }

  private:
    struct Taken {
        io::Moment at;
        int tokens;
    };

    /// A call that left late when tokens for the next window had been taken.
    struct LeftLate {
        io::Moment taken_at;
        io::Moment at;
    };

    [[nodiscard]] io::Moment window_ready_at(int tokens, io::Moment now) const;

    BucketLimits limits_;
    std::chrono::nanoseconds window_;
    std::chrono::nanoseconds token_time_;  ///< time per token at the cap
    AdaptiveRate rate_;
    /// When the bucket will be full if no more tokens are taken, on the clock of rate_: a cut of
    /// the rate keeps the number of missing tokens, which then take longer to refill.
    std::chrono::nanoseconds full_at_clock_;
    io::Moment nothing_before_ = io::Moment::min();  ///< end of the retry-after
    std::deque<Taken> recent_;  ///< in the last window, oldest first; at most one entry per token
    int recent_tokens_ = 0;
    std::deque<LeftLate> left_late_;  ///< in the last window, in the order in which they left
};

}  // namespace keyferry::engine
