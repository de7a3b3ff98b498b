// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/adaptive_rate.hpp"
#include "io/clock/moment.hpp"

#include <chrono>
#include <deque>
#include <optional>

namespace keyferry::engine {

inline constexpr double kNanosecondsPerSecond = 1e9;

/// For so long at most does a bucket give nothing because KMS has named a time (x-amz-retry-after):
/// AWS's SDKs heed no more than that either (2026 standard retry mode).
inline constexpr std::chrono::milliseconds kRetryAfterMax{5000};

/// However often it is throttled, a bucket gives one call in this time, to find out whether the
/// storm is over. With the growth from nothing to 90 % of the cap (18 s), the rate is back 23 s
/// after the end of a storm, and 10 minutes of storm cost 120 calls.
inline constexpr std::chrono::seconds kThrottledCallSpacing{5};

/// What a bucket may give.
struct BucketLimits {
    /// Tokens a second in the long run: quota x share. > 0.
    double rate_per_s = 0;
    /// Tokens in any one-second window: the quota itself, rounded down, at least 1. KMS counts per
    /// second, so this holds whatever the burst.
    int window_tokens_max = 1;
    /// What one call costs at most.
    int call_tokens_max = 1;
    /// Tokens that may be saved up while unused; at least the cost of a call. A little more than
    /// that catches up what is lost while this bucket is full and a call's other bucket is empty.
    int burst_tokens = 1;
};

/// One request quota of one account, Region and API, as a token bucket with a second rule on top:
/// no one-second window ever gives more than the quota. Pure: every time is an argument.
class TokenBucket {
  public:
    TokenBucket(const BucketLimits& limits, io::Moment now);

    /// The earliest moment, not before `now`, at which `tokens` could be taken if nobody else took
    /// any. A cost above the quota of a whole second waits for an empty window.
    [[nodiscard]] io::Moment ready_at(int tokens, io::Moment now) const;

    /// Takes the tokens. Requires ready_at(tokens, now) <= now.
    void take(int tokens, io::Moment now);

    /// The call whose tokens were taken at `taken_at` left at `now` and no sooner: the second in
    /// which it counts begins there.
    void left_late(io::Moment taken_at, io::Moment now);

    /// KMS has throttled a call sent at `sent_at`: the rate is cut, once for all the calls that
    /// were in flight together. Where KMS has named a `retry_after`, nothing is given until that
    /// has passed, or kRetryAfterMax; a negative one is ignored. A throttle at the full rate may
    /// mean that the network has pushed calls together: from then on they are kept a hundredth of a
    /// second further apart, up to a tenth.
    void throttled(io::Moment sent_at,
                   io::Moment now,
                   std::optional<std::chrono::milliseconds> retry_after = {});

    /// KMS has answered a call sent at `sent_at` otherwise: the rate grows back, if it was cut
    /// before the call was sent.
    void answered(io::Moment sent_at, io::Moment now) { rate_.answered(sent_at, now); }

    /// Tokens a second at present.
    [[nodiscard]] double rate_per_s(io::Moment now) const {
        return limits_.rate_per_s * rate_.part_of_cap(now);
    }

  private:
    struct Taken {
        io::Moment at;
        int tokens;
    };

    [[nodiscard]] io::Moment window_ready_at(int tokens, io::Moment now) const;

    BucketLimits limits_;
    std::chrono::nanoseconds window_;
    std::chrono::nanoseconds token_time_;  ///< that a token takes at the cap
    AdaptiveRate rate_;
    /// When the bucket is full again if nothing more is taken, on the clock of rate_: what is
    /// missing stays missing when the rate is cut, and takes longer to come.
    std::chrono::nanoseconds full_at_clock_;
    io::Moment nothing_before_ = io::Moment::min();  ///< KMS has named a time
    std::deque<Taken> recent_;  ///< of the last window, oldest first; at most one entry a token
    int recent_tokens_ = 0;
};

}  // namespace keyferry::engine
