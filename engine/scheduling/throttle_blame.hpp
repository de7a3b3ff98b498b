// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <cstddef>
#include <span>

namespace keyferry::engine {

/// How many answers there were of late, and how many of them were throttles. What is ten seconds
/// old counts a third.
class AnswerTally {
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

/// Which of a lane's buckets to slow down when a call of the lane was throttled. A ReplicateKey
/// draws on the primary's ReplicateKey and on the replica's CreateKey, and KMS does not say which
/// of them refused; but other lanes draw on each of them too. The bucket whose other lanes are
/// throttled the most is to blame. A bucket without other answers of late is taken to be throttled
/// three quarters as often as this lane: so nearly all lanes of a primary have to suffer before it
/// is the primary. In doubt it is the last bucket (the replica's CreateKey, which a ReplicateKey
/// draws on twice).
///
/// `lane` has counted all answers to calls of this lane, the throttled one included, and
/// `buckets`, in the order of the lane's costs and not empty, all answers to calls that drew on the
/// bucket. Returns an index into `buckets`.
[[nodiscard]] std::size_t bucket_to_blame(const AnswerTally& lane,
                                          std::span<const AnswerTally* const> buckets,
                                          io::Moment now);

}  // namespace keyferry::engine
