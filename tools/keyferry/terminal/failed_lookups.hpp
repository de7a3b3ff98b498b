// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"

namespace keyferry::cli {

/// Logs how many keys and replicas of `plan` a survey could not check; with `compares`, also how
/// many could not be compared with the spec. Returns exit_done; exit_error if KMS did not respond,
/// so that a script does not mistake an incomplete survey for "nothing to do"; or exit_permission
/// if all failed lookups were denied. Denied lookups count only with `compares`: otherwise the plan
/// report shows them.
[[nodiscard]] int log_failed_lookups(const planner::Plan& plan,
                                     const planner::Inventory& inventory,
                                     bool compares);

}  // namespace keyferry::cli
