// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/lane_counts.hpp"

#include <algorithm>
#include <tuple>

namespace keyferry::engine {

void LaneCounts::add(LaneIndex lane) {
    if (by_lane_.size() <= lane) {
        by_lane_.resize(lane + 1);
    }
    ++by_lane_[lane];
    ++total_;
}

std::vector<planner::QuotaCalls> LaneCounts::by_quota(const LaneTable& lanes) const {
    std::vector<planner::QuotaCalls> counts;
    for (LaneIndex lane = 0; lane < by_lane_.size(); ++lane) {
        if (by_lane_[lane] > 0) {
            counts.push_back(
                planner::QuotaCalls{lanes.place_of(lane), lanes.api_of(lane), by_lane_[lane]});
        }
    }
    std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
        return std::tie(a.place, a.api) < std::tie(b.place, b.api);
    });
    return counts;
}

}  // namespace keyferry::engine
