// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/replica_change.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/text/shared_text.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::planner {

/// Returns the changes that bring the replica of `job` in line with the spec, limited to `parts`
/// (SyncStep bits). Sync does not remove tags, and does not move or remove aliases. The policy
/// comes last, since the current policy may be what allows the other calls. `inventory` must
/// contain the replica's content unless only its state differs, and the plan must contain the
/// values to copy. Equal policies are shared through `texts`.
[[nodiscard]] std::vector<ReplicaChange> replica_changes(const ReviewedPlan& reviewed,
                                                         const Inventory& inventory,
                                                         JobIndex job,
                                                         std::uint8_t parts,
                                                         SharedTexts& texts);

/// Returns the jobs whose replicas differ in one of `parts`, in the order of the plan.
[[nodiscard]] std::vector<JobIndex> jobs_to_sync(const PlanReview& review, std::uint8_t parts);

}  // namespace keyferry::planner
