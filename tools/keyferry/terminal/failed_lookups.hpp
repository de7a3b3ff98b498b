// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"

namespace keyferry::cli {

/// Logs how many keys and replicas of `plan` a survey could not check. If `compares` is set, also
/// logs how many could not be compared with the spec.
void log_failed_lookups(const planner::Plan& plan,
                        const planner::Inventory& inventory,
                        bool compares);

/// Returns the exit code for the failed lookups of a survey:
/// - exit_work_left if KMS did not respond to some lookups, so that a script does not mistake an
///   incomplete survey for "nothing to do"
/// - exit_permission if all failed lookups were denied, or if the account's credentials were
///   refused. Denied lookups count only if `compares` is set, since otherwise the plan report shows
///   them.
/// - exit_done otherwise
[[nodiscard]] int failed_lookups_exit_code(const planner::Plan& plan,
                                           const planner::Inventory& inventory,
                                           bool compares);

}  // namespace keyferry::cli
