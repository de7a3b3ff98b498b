// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/file_kind.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/spec/load_fleet.hpp"

#include <map>
#include <string>
#include <vector>

namespace keyferry::cli {

/// Returns the kind of the regular file at `path`; `other` if it cannot be read.
[[nodiscard]] io::FileKind kind_of_file(const std::string& path);

/// Reads the fleet spec at `path` and the files that it references. If the spec cannot be read, the
/// result contains a diagnostic for its first character.
[[nodiscard]] planner::FleetLoad load_fleet_file(const std::string& path);

/// The files that a spec references: their paths by their texts.
using ReferencedFiles = std::map<std::string, std::string>;

/// The same, and adds the files that the spec references to `files`.
[[nodiscard]] planner::FleetLoad load_fleet_file(const std::string& path, ReferencedFiles& files);

/// Prints every diagnostic to standard error, one per line. Throws CommandError with exit_usage if
/// there are errors.
void log_diagnostics(const planner::FleetLoad& load);

/// Like load_fleet_file(), but also calls log_diagnostics(). The result has either a plan or an
/// unresolved fleet.
[[nodiscard]] planner::FleetLoad read_fleet_file(const std::string& path);

/// Returns the plan for the keys that the spec lists, without the keys that its groups select.
[[nodiscard]] planner::Plan plan_without_search(planner::FleetLoad load);

/// Returns the plan of a fleet whose groups select the keys `found`. Throws CommandError after
/// printing the diagnostics if the keys do not make a valid plan.
[[nodiscard]] planner::Plan plan_found_keys(planner::UnresolvedFleet fleet,
                                            const std::vector<planner::SelectedKey>& found);

}  // namespace keyferry::cli
