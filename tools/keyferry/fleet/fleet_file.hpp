// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/spec/load_fleet.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Reads the fleet spec at `path` and the files that it references. If the spec cannot be read, the
/// result contains a diagnostic for its first character.
[[nodiscard]] planner::FleetLoad load_fleet_file(const std::string& path);

/// Prints every diagnostic to standard error, one per line, and the number of errors.
void log_diagnostics(const planner::FleetLoad& load);

/// Like load_fleet_file(), but also prints the diagnostics. If there are errors, the result has
/// neither a plan nor an unresolved fleet; the command then returns exit_usage.
[[nodiscard]] planner::FleetLoad read_fleet_file(const std::string& path);

/// Returns the plan for the keys that the spec lists, without the keys that its groups select.
[[nodiscard]] std::optional<planner::Plan> plan_without_search(planner::FleetLoad load);

}  // namespace keyferry::cli
