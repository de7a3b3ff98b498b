#pragma once

#include "engine/adaptive_rate.hpp"
#include "io/clock/moment.hpp"

#include <chrono>
#include <deque>

namespace keyferry {

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
    TokenBucket(const BucketLimits& limits, Moment now);

    /// The earliest moment, not before `now`, at which `tokens` could be taken if nobody else took
    /// any. A cost above the quota of a whole second waits for an empty window.
    Moment ready_at(int tokens, Moment now) const;

    /// Takes the tokens. Requires ready_at(tokens, now) <= now.
    void take(int tokens, Moment now);

    /// KMS has throttled a call sent at `sent_at`: the rate is cut, once for each in-flight window.
    void throttled(Moment sent_at, Moment now);

    /// Tokens a second at present.
    double rate_per_s(Moment now) const { return rate_.value_per_s(now); }

    /// Tokens a second at most.
    double rate_per_s_max() const noexcept { return limits_.rate_per_s; }

  private:
    struct Taken {
        Moment at;
        int tokens;
    };

    std::chrono::nanoseconds time_for(int tokens, Moment now) const;
    Moment window_ready_at(int tokens, Moment now) const;

    BucketLimits limits_;
    std::chrono::nanoseconds window_;
    AdaptiveRate rate_;
    Moment full_at_;            ///< when the bucket is full again if nothing more is taken
    std::deque<Taken> recent_;  ///< of the last window, oldest first; at most one entry a token
    int recent_tokens_ = 0;
};

}  // namespace keyferry
