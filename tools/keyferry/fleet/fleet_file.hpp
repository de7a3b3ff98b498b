// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/spec/load_fleet.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Reads the fleet spec at `path` and the files that it names. A spec that cannot be read is a
/// problem like any other, at its first character.
[[nodiscard]] planner::FleetLoad load_fleet_file(const std::string& path);

/// Prints every problem to standard error, one a line, and how many mistakes there were.
void log_diagnostics(const planner::FleetLoad& load);

/// As load_fleet_file, the problems printed. Neither a plan nor a fleet to search when there were
/// errors (the command then ends with exit_usage).
[[nodiscard]] planner::FleetLoad read_fleet_file(const std::string& path);

/// The plan of what a spec says by itself: without the keys that its groups select.
[[nodiscard]] std::optional<planner::Plan> plan_without_search(planner::FleetLoad load);

}  // namespace keyferry::cli
