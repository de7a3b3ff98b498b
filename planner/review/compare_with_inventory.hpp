// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::planner {

/// Compares `plan` with the keys that exist in KMS. If a job's replica exists, its own state
/// determines the job's action, regardless of the primary. Otherwise, the primary determines
/// whether the replica can be created. `inventory` must belong to `plan`. If replicas are compared
/// with the spec, the contents to copy must already be part of the plan.
[[nodiscard]] PlanReview compare_with_inventory(const Plan& plan, const Inventory& inventory);

/// Returns why the values that `plan` copies from the key with index `key` are unknown, regardless
/// of its replicas. The plan must have jobs for the key and copy values from it, and
/// inventory.contents must not contain the key.
[[nodiscard]] ActionReason why_no_content(const Plan& plan,
                                          const Inventory& inventory,
                                          std::uint32_t key);

}  // namespace keyferry::planner
