// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/sync_options.hpp"

#include "planner/review/plan_review.hpp"

#include <algorithm>

namespace keyferry::cli {

std::uint8_t SyncOptions::selected_parts() const {
    unsigned selected = 0;
    for (const planner::SyncStep part : planner::kSyncSteps) {
        if (parts.empty() || std::find(parts.begin(), parts.end(), name_of(part)) != parts.end()) {
            selected |= part;
        }
    }
    return static_cast<std::uint8_t>(selected);
}

}  // namespace keyferry::cli
