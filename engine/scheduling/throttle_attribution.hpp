// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstddef>
#include <span>

namespace keyferry::engine {

/// The recent number of responses and how many of them were throttles. A response from ten seconds
/// ago counts 1/e.
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

/// Selects the bucket of a lane to slow down when a call of the lane was throttled. A ReplicateKey
/// draws on the primary's ReplicateKey and the replica's CreateKey quota, and KMS does not report
/// which one was exceeded; but other lanes draw on each of them too. The bucket whose other lanes
/// are throttled the most is selected. A bucket without other recent responses is assumed to be
/// throttled three quarters as often as this lane, so nearly all lanes of a primary must be
/// affected before the primary is selected. If in doubt, the last bucket is selected (the replica's
/// CreateKey, on which a ReplicateKey draws twice).
///
/// bench/neighbours needs it: if the replica's bucket is always selected, half as many calls again
/// are throttled; if the primary's is, runs take up to 1.43 times their bound instead of 1.12, and
/// a throttled Region slows the others (bench/bulkheads). RESULTS.md has the figures.
///
/// `lane` has counted all responses to calls of this lane, including the throttled one, and
/// `buckets`, in the order of the lane's costs and not empty, all responses to calls that drew on
/// the bucket. Returns an index into `buckets`.
[[nodiscard]] std::size_t bucket_to_slow(const ResponseTally& lane,
                                         std::span<const ResponseTally* const> buckets,
                                         io::Moment now);

}  // namespace keyferry::engine
