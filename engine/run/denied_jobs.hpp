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

/// A job whose call KMS denied.
struct DeniedJob {
    std::uint32_t gate;  ///< of its Region, as index into CallLanes::gates()
    LaneCall call;
    JobEnd end;  ///< the job's end if only its key is denied
};

/// Jobs that KMS denied while it is not yet known whether the denial concerns only their keys or
/// all replicas in their Region. Few: a Region that denies consecutive calls is parked, and its
/// jobs return to their lanes.
class DeniedJobs {
  public:
    void add(DeniedJob job) { jobs_.push_back(std::move(job)); }

    /// Removes and returns the jobs at one gate.
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
