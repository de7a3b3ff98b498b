// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/plan_summary.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// Returns what undoing a run of the plan means, given the actions that the plan has, and how a
/// sync of the replicas that differ is undone: paragraphs for users, at least one.
[[nodiscard]] std::vector<std::string> undo_advice(const ActionCounts& actions);

}  // namespace keyferry::planner
