// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

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

/// Returns the keys of `plan` with such replicas, at most `first_max` of them. `review` must belong
/// to `plan`.
[[nodiscard]] BlockedKeys blocked_keys(const Plan& plan,
                                       const PlanReview& review,
                                       std::size_t first_max);

}  // namespace keyferry::planner
