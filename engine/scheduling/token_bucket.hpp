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

/// However often it is throttled, a bucket allows one call in this interval, to detect the end of
/// throttling. The second response to these calls raises the rate to the cap, up to 24 s after
/// throttling ends, and 10 minutes of throttling cost 50 calls. Each of these also takes a token of
/// the primary's quota from the other Regions: at 4 calls per second, 2 % (bench/bulkheads).
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
    /// Tokens that can accumulate while unused; at least the cost of a call. Slightly more makes up
    /// for the time in which this bucket is full and a call's other bucket is empty.
    int burst_tokens = 1;
};

/// One request quota of one account, Region and API, as a token bucket with an additional rule: no
/// one-second window exceeds the quota. Pure: all times are arguments.
class TokenBucket {
  public:
    TokenBucket(const BucketLimits& limits, io::Moment now);

    /// The earliest time, not before `now`, at which `tokens` can be taken if no other tokens are
    /// taken before. A cost above the quota of a whole second waits for an empty window.
    [[nodiscard]] io::Moment ready_at(int tokens, io::Moment now) const;

    /// Takes the tokens. Requires ready_at(tokens, now) <= now.
    void take(int tokens, io::Moment now);

    /// The call whose tokens were taken at `taken_at` was sent only at `now`: the second in which
    /// it counts begins there.
    void left_late(io::Moment taken_at, io::Moment now);

    /// KMS throttled a call sent at `sent_at`: the rate is cut, once for all the calls that were in
    /// flight together. With a `retry_after`, no token is available until it or kRetryAfterMax has
    /// passed; negative values are ignored. A throttle at the full rate may mean that the network
    /// has bunched calls together: from then on they are spaced a hundredth of a second further
    /// apart, up to a tenth.
    void throttled(io::Moment sent_at,
                   io::Moment now,
                   std::optional<std::chrono::milliseconds> retry_after = {});

    /// KMS gave another response to a call sent at `sent_at`: the rate grows again, if it was cut
    /// before the call was sent.
    void answered(io::Moment sent_at, io::Moment now) { rate_.answered(sent_at, now); }

    /// The current number of tokens per second.
    [[nodiscard]] double rate_per_s() const { return limits_.rate_per_s * rate_.part_of_cap(); }

  private:
    struct Taken {
        io::Moment at;
        int tokens;
    };

    [[nodiscard]] io::Moment window_ready_at(int tokens, io::Moment now) const;

    BucketLimits limits_;
    std::chrono::nanoseconds window_;
    std::chrono::nanoseconds token_time_;  ///< time per token at the cap
    AdaptiveRate rate_;
    /// When the bucket will be full if nothing more is taken, on the clock of rate_: the missing
    /// tokens stay missing when the rate is cut, and take longer to refill.
    std::chrono::nanoseconds full_at_clock_;
    io::Moment nothing_before_ = io::Moment::min();  ///< end of the retry-after
    std::deque<Taken> recent_;  ///< in the last window, oldest first; at most one entry per token
    int recent_tokens_ = 0;
};

}  // namespace keyferry::engine
