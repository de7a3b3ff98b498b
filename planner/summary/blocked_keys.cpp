// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/blocked_keys.hpp"

#include <cassert>
#include <map>
#include <utility>

namespace keyferry::planner {

bool is_blocked_or_unusable(ActionReason reason) noexcept {
    const JobAction action = action_of(reason);
    return action == JobAction::unusable || action == JobAction::blocked;
}

BlockedKeys blocked_keys(const ReviewedPlan& reviewed, std::size_t first_max) {
    const Plan& plan = reviewed.plan;
    assert(reviewed.review.verdicts.size() == plan.jobs.size());
    BlockedKeys blocked;
    std::map<ActionReason, std::vector<std::uint32_t>> regions;  // of the current key
    for (JobIndex j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        if (is_blocked_or_unusable(reviewed.review.verdicts[j].reason)) {
            regions[reviewed.review.verdicts[j].reason].push_back(job.region);
            ++blocked.replicas;
        }
        const bool is_last_of_key = j + 1 == plan.jobs.size() || plan.jobs[j + 1].key != job.key;
        if (!is_last_of_key || regions.empty()) {
            continue;
        }
        for (auto& [reason, of_reason] : regions) {
            if (blocked.first.size() < first_max) {
                blocked.first.push_back(BlockedKey{job.key, reason, std::move(of_reason)});
            } else {
                ++blocked.omitted;
            }
        }
        regions.clear();
    }
    return blocked;
}

}  // namespace keyferry::planner
