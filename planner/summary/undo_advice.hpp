// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/plan_summary.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// Returns how to undo a run of a plan with these actions, with the consequences, and how to undo a
/// sync of the replicas that differ: paragraphs for users, at least one.
[[nodiscard]] std::vector<std::string> undo_advice(const ActionCounts& actions);

}  // namespace keyferry::planner
