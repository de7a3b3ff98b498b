// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"

namespace keyferry::cli {

/// Tells on standard error what of `plan` a survey could not see; where it `compares` replicas with
/// the spec, also what could not be compared. The exit code that it makes, which no script must
/// take for nothing to do: exit_done, exit_error where KMS was silent, exit_permission where all
/// that failed was denied. What was denied counts only where replicas are compared: the report says
/// the rest.
[[nodiscard]] int log_failed_lookups(const planner::Plan& plan,
                                     const planner::Inventory& inventory,
                                     bool compares);

}  // namespace keyferry::cli
