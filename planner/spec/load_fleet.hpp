// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/toml/diagnostic.hpp"
#include "planner/toml/spec_source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A spec without errors whose groups select keys. It cannot be planned until those keys are known.
struct UnresolvedFleet {
    FleetSpec spec;
    DiagnosticList places;  ///< file names of the spec, without diagnostics
    std::string sha256;     ///< identity of the spec: selecting_spec_sha256
};

/// Result of loading a fleet spec. If no problem is an error, exactly one of `plan` and
/// `unresolved` is set; otherwise, neither is.
struct FleetLoad {
    std::optional<Plan> plan;
    std::optional<UnresolvedFleet> unresolved;
    /// All diagnostics, including warnings, by file, line and column. Format each with line_of().
    std::vector<Diagnostic> problems;
};

/// Loads a fleet spec and creates its plan. `file_name` appears in diagnostics. Files that the spec
/// references are resolved relative to its folder and read with `read_file`. Throws no exceptions
/// of its own.
[[nodiscard]] FleetLoad load_fleet(std::string_view text,
                                   const std::string& file_name,
                                   const FileReader& read_file);

/// Creates the plan of a fleet after its keys have been found. The group indices of the keys refer
/// to `fleet`. Primaries that have moved are planned in their current Regions. Reports an error if
/// there are more keys than one plan can have.
[[nodiscard]] FleetLoad plan_selected_keys(UnresolvedFleet fleet,
                                           const std::vector<SelectedKey>& found);

/// Creates a plan of only the keys that the fleet lists, for use without KMS. The fleet's
/// selections are ignored.
[[nodiscard]] Plan plan_listed_keys(UnresolvedFleet fleet);

}  // namespace keyferry::planner
