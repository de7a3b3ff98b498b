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

/// A spec without a mistake whose groups select keys: a plan needs to know which.
struct UnresolvedFleet {
    FleetSpec spec;
    DiagnosticList places;  ///< knows the names of the spec's files; empty of problems
    std::string sha256;     ///< identity of the spec: selecting_spec_sha256
};

/// What came of reading a fleet spec. Either `plan` or `unsearched` is there exactly when no
/// problem is an error.
struct FleetLoad {
    std::optional<Plan> plan;
    std::optional<UnresolvedFleet> unresolved;
    /// All complaints, by file, line and column; warnings among them. Print each with line_of().
    std::vector<Diagnostic> problems;
};

/// The whole way from the text of a fleet spec to the plan. `file_name` stands in the complaints,
/// and the files that the spec names are taken relative to its folder. `read_file` is called for
/// each of them. Throws nothing of its own.
[[nodiscard]] FleetLoad load_fleet(std::string_view text,
                                   const std::string& file_name,
                                   const FileReader& read_file);

/// The plan of a fleet whose keys have been found. The keys' groups are those of `fleet`. More
/// keys than can be planned at once are a problem.
[[nodiscard]] FleetLoad plan_selected_keys(UnresolvedFleet fleet,
                                           const std::vector<SelectedKey>& found);

/// The plan of the keys alone that the fleet lists, for want of a look at KMS: its selections are
/// not searched.
[[nodiscard]] Plan plan_listed_keys(UnresolvedFleet fleet);

}  // namespace keyferry::planner
