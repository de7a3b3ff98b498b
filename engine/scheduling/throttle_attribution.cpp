// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/throttle_attribution.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace keyferry::engine {

namespace {

using std::chrono::seconds;

/// Time after which the weight of a response has fallen to 1/e.
constexpr std::chrono::duration<double> kMemory = seconds(10);

/// Responses to other lanes count as evidence only if their total weight is at least this.
constexpr double kAnswersMin = 1;

/// Throttle rate that is assumed for a bucket without evidence, as a fraction of the lane's own
/// throttle rate.
constexpr double kUnknownPart = 0.75;

}  // namespace

void ResponseTally::count(bool throttled, io::Moment now) {
    const double left = remaining(now);
    answers_ = answers_ * left + 1;
    throttles_ = throttles_ * left + (throttled ? 1 : 0);
    decayed_at_ = std::max(decayed_at_, now);
}

double ResponseTally::remaining(io::Moment now) const {
    return now > decayed_at_ ? std::exp((decayed_at_ - now) / kMemory) : 1;
}

std::size_t bucket_to_slow(const ResponseTally& lane,
                           std::span<const ResponseTally* const> buckets,
                           io::Moment now) {
    assert(!buckets.empty());
    const double lane_answers = lane.answers(now);
    const double lane_throttles = lane.throttles(now);
    const double unknown = lane_answers > 0 ? kUnknownPart * lane_throttles / lane_answers : 0;
    std::size_t selected = 0;
    double most = -1;
    for (std::size_t index = 0; index < buckets.size(); ++index) {
        const double answers = buckets[index]->answers(now) - lane_answers;
        const double throttles = std::max(0.0, buckets[index]->throttles(now) - lane_throttles);
        const double part = answers < kAnswersMin ? unknown : throttles / answers;
        if (part >= most) {
            selected = index;
            most = part;
        }
    }
    return selected;
}

}  // namespace keyferry::engine
