#pragma once

#include "engine/job_steps.hpp"
#include "engine/scheduler.hpp"
#include "planner/plan.hpp"

#include <cstdint>
#include <vector>

namespace keyferry {

/// The buckets, endpoints and lanes that a plan's calls need, laid out in a scheduler:
///   ReplicateKey   one lane for each pair of a primary's place and a replica's: costs 1
///   ReplicateKey
///                  at the primary and 2 CreateKey at the replica; changes the key
///   DescribeKey    one lane for each replica's place: costs 1 DescribeKey there
class CallLanes {
  public:
    /// Adds everything to `scheduler`, with the rates of plan.settings.limits.
    CallLanes(const Plan& plan, Scheduler& scheduler, Moment now);

    /// The lane for `call` of `job`.
    LaneIndex lane_of(JobCall call, const Job& job) const;

    /// Which call waits in `lane`.
    JobCall call_in(LaneIndex lane) const { return calls_.at(lane); }

  private:
    static constexpr LaneIndex kNone = ~LaneIndex{0};

    std::uint32_t region_count_;
    std::vector<std::uint32_t> primary_of_key_;  ///< index of the primary's place, by key
    std::vector<std::uint32_t> account_of_key_;  ///< index of the account, by key
    std::vector<LaneIndex> replicate_;           ///< by primary place x Region
    std::vector<LaneIndex> describe_;            ///< by account x Region
    std::vector<JobCall> calls_;                 ///< by lane
};

}  // namespace keyferry
