// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstddef>
#include <span>

namespace keyferry::engine {

/// A decaying count of responses, and of throttles among them. The weight of a response falls to
/// 1/e after ten seconds.
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
/// uses the primary's ReplicateKey quota and the replica's CreateKey quota, and KMS does not report
/// which one was exceeded. However, other lanes use these quotas too, so the bucket whose other
/// lanes are throttled most often is selected. A bucket without recent responses to other lanes is
/// assumed to be throttled three quarters as often as this lane. The primary's bucket is therefore
/// selected only if nearly all lanes of the primary are affected. If the buckets are throttled
/// equally often, the last one is selected (the replica's CreateKey, where a ReplicateKey uses two
/// tokens).
///
/// `lane` counts all responses to calls of this lane, including the throttled one. `buckets`, in
/// the order of the lane's costs and not empty, counts for each bucket all responses to calls that
/// used it. Returns an index into `buckets`.
[[nodiscard]] std::size_t bucket_to_slow(const ResponseTally& lane,
                                         std::span<const ResponseTally* const> buckets,
                                         io::Moment now);

}  // namespace keyferry::engine
