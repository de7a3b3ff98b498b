// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::planner {

/// Holds `plan` against what KMS says of its keys. A related key that is there decides for itself,
/// whatever state the primary is in; where there is none, the primary decides whether one can be
/// made. `inventory` must be of this plan, and what
/// it tells of copied contents be a part of the plan where replicas are compared.
[[nodiscard]] PlanReview compare_with_inventory(const Plan& plan, const Inventory& inventory);

/// Why it is not known what `plan` copies of the key with index `key`, whatever replicas it has.
/// For a key that is in the plan's jobs, copies something and is not in inventory.contents.
[[nodiscard]] ActionReason why_no_content(const Plan& plan,
                                          const Inventory& inventory,
                                          std::uint32_t key);

}  // namespace keyferry::planner
