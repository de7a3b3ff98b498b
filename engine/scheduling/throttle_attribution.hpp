// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstddef>
#include <span>

namespace keyferry::engine {

/// A decaying count of responses, and of throttled calls among them. The weight of a response falls
/// to 1/e in ten seconds.
class ResponseTally {
  public:
    void count(bool throttled, io::Moment now);

    [[nodiscard]] double answers(io::Moment now) const { return answers_ * remaining(now); }
    [[nodiscard]] double throttles(io::Moment now) const { return throttles_ * remaining(now); }

  private:
    [[nodiscard]] double remaining(io::Moment now) const;

    double answers_ = 0;
    double throttles_ = 0;
    io::Moment decayed_at_{};
};

/// Selects which of a lane's buckets to slow down after one of the lane's calls was throttled. A
/// ReplicateKey call uses the primary's ReplicateKey quota and the replica's CreateKey quota, and
/// KMS does not report which one was exceeded. However, other lanes use these quotas as well, so
/// the function selects the bucket whose other lanes are throttled most often. If a bucket's other
/// lanes have received no responses recently, they are assumed to be throttled three quarters as
/// often as this lane. The primary's bucket is therefore selected only if nearly all lanes that use
/// it are affected. If buckets are throttled equally often, the last one is selected: the replica's
/// CreateKey bucket, from which ReplicateKey takes two tokens.
///
/// `lane` counts all responses to the lane's calls, including the throttled one. `buckets` has a
/// count for each of the lane's buckets, in the order of the lane's costs, of all responses to
/// calls that used the bucket; it must not be empty. Returns an index into `buckets`.
[[nodiscard]] std::size_t bucket_to_slow(const ResponseTally& lane,
                                         std::span<const ResponseTally* const> buckets,
                                         io::Moment now);

}  // namespace keyferry::engine
