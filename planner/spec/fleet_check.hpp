// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_node.hpp"
#include "planner/toml/spec_source.hpp"

namespace keyferry::planner {

/// Converts the TOML document of a spec to a FleetSpec and checks everything that can be checked
/// without KMS. Diagnostics go to source.problems; pass the result to make_plan only if there are
/// no errors. configs/README.md describes the file format.
[[nodiscard]] FleetSpec check_fleet(const SpecNode& document, const SpecSource& source);

}  // namespace keyferry::planner
