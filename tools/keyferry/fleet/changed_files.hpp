// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/saved/saved_plan.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"

#include <string>

namespace keyferry::cli {

/// Returns which files have changed since `saved` was created: "<policy file> has changed" if the
/// spec at `path` would be the same with the saved policies, and otherwise "<path> or a file that
/// it names has changed", because a plan does not record the texts of its files. Empty if the spec
/// is the same. `load` is the current spec, without errors, and `files` are the files that it
/// references.
[[nodiscard]] std::string changed_files(const planner::SavedPlan& saved,
                                        const planner::FleetLoad& load,
                                        const std::string& path,
                                        const ReferencedFiles& files);

}  // namespace keyferry::cli
