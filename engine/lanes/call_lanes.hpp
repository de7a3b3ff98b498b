// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/lanes/lane_table.hpp"
#include "planner/plan/plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace keyferry::engine {

/// The lanes for a plan's calls, looked up by job. For ReplicateKey, the lane depends on the
/// account, the primary Region and the replica Region. For DescribeKey, it depends on the account
/// and Region of the key that is described.
class CallLanes {
  public:
    /// Adds the lanes for all jobs of `plan` to `table`.
    CallLanes(const planner::Plan& plan, LaneTable& table);

    /// The lane for `call` of `job`.
    [[nodiscard]] LaneIndex lane_of(JobCall call, const planner::Job& job) const;

    /// The index of the primary's account and Region, starting at 0.
    [[nodiscard]] std::uint32_t primary_of(const planner::Job& job) const {
        return primary_of_key_[job.key];
    }

    [[nodiscard]] std::uint32_t primary_count() const noexcept { return primary_count_; }

  private:
    static constexpr LaneIndex kNone = ~LaneIndex{0};

    LaneIndex& lane(JobCall call, const planner::Job& job);
    [[nodiscard]] std::size_t slot_of(JobCall call, const planner::Job& job) const;

    std::uint32_t region_count_;
    std::uint32_t primary_count_ = 0;
    /// index of the primary's account and Region, by key
    std::vector<std::uint32_t> primary_of_key_;
    std::vector<std::uint32_t> account_of_key_;  ///< index of the account, by key
    /// For ReplicateKey, indexed by the primary's account and Region and the replica's Region. For
    /// DescribeKey, indexed by the account and Region of the key that is described.
    std::array<std::vector<LaneIndex>, kJobCalls> by_call_;
};

}  // namespace keyferry::engine
