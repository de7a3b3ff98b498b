// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lanes/lane_table.hpp"
#include "planner/plan/quota.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::engine {

/// Counts calls by lane. This is faster than a map keyed by account, Region and API.
class LaneCounts {
  public:
    void add(LaneIndex lane);

    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    /// The count for each account, Region and API, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> by_quota(const LaneTable& lanes) const;

  private:
    std::vector<std::uint64_t> by_lane_;
    std::uint64_t total_ = 0;
};

}  // namespace keyferry::engine
