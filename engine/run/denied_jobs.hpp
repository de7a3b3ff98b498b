// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/scheduling/waiting_call.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// A job that KMS has refused the caller.
struct DeniedJob {
    std::uint32_t gate;  ///< before its Region, as in CallLanes::gates()
    LaneCall call;
    JobEnd end;  ///< what becomes of it if its key alone is refused
};

/// Jobs that KMS has refused the caller, while it is not clear whether that is about the key of
/// each or about all replicas in their Region. Few: a Region that refuses one after the other is
/// parked, and its jobs go back into their lanes.
class DeniedJobs {
  public:
    void add(DeniedJob job) { jobs_.push_back(std::move(job)); }

    /// Takes out those before one gate.
    std::vector<DeniedJob> take(std::uint32_t gate) {
        const auto others = std::stable_partition(
            jobs_.begin(), jobs_.end(), [gate](const DeniedJob& job) { return job.gate != gate; });
        std::vector<DeniedJob> taken(std::make_move_iterator(others),
                                     std::make_move_iterator(jobs_.end()));
        jobs_.erase(others, jobs_.end());
        return taken;
    }

    std::vector<DeniedJob> take_all() { return std::exchange(jobs_, {}); }

    [[nodiscard]] bool empty() const noexcept { return jobs_.empty(); }

  private:
    std::vector<DeniedJob> jobs_;
};

}  // namespace keyferry::engine
