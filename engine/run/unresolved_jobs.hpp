// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// Jobs that an earlier process left with an unknown outcome, grouped by key. DescribeKey of a
/// primary lists the replicas in all Regions, so one call checks all jobs of a key.
class UnresolvedJobs {
  public:
    /// Returns true if this is the first job of the key. The caller must then schedule a
    /// DescribeKey call for the primary.
    bool add(std::uint32_t key, planner::JobIndex job) {
        std::vector<planner::JobIndex>& jobs = jobs_[key];
        jobs.push_back(job);
        return jobs.size() == 1;
    }

    /// Removes and returns the key's jobs in the order in which they were added.
    std::vector<planner::JobIndex> take(std::uint32_t key) {
        const auto found = jobs_.find(key);
        if (found == jobs_.end()) {
            return {};
        }
        std::vector<planner::JobIndex> jobs = std::move(found->second);
        jobs_.erase(found);
        return jobs;
    }

  private:
    std::unordered_map<std::uint32_t, std::vector<planner::JobIndex>> jobs_;
};

}  // namespace keyferry::engine
