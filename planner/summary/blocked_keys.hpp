// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/reviewed_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace keyferry::planner {

/// The replicas of one key that a run does not create or that cannot be used, for one reason.
struct BlockedKey {
    std::uint32_t key = 0;  ///< index into Plan::keys
    ActionReason reason = ActionReason::not_surveyed;
    std::vector<std::uint32_t> regions;  ///< indexes into Plan::regions; ascending
};

struct BlockedKeys {
    std::vector<BlockedKey> first;  ///< in the order of the plan's keys
    std::uint64_t omitted = 0;      ///< number of the others
    std::uint64_t replicas = 0;     ///< including those of the others
};

/// Whether a run cannot create a replica with this reason (blocked), or the replica exists but is
/// unusable.
[[nodiscard]] bool is_blocked_or_unusable(ActionReason reason) noexcept;

/// Returns the keys with such replicas, at most `first_max` of them.
[[nodiscard]] BlockedKeys blocked_keys(const ReviewedPlan& reviewed, std::size_t first_max);

}  // namespace keyferry::planner
