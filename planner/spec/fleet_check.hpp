// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_node.hpp"
#include "planner/toml/spec_source.hpp"

namespace keyferry::planner {

/// Turns the TOML document of a spec into a FleetSpec, checking everything that can be checked
/// without KMS. Complaints go to source.problems; only when there is no error is the result fit for
/// make_plan. The form of the file is described in configs/README.md.
[[nodiscard]] FleetSpec check_fleet(const SpecNode& document, const SpecSource& source);

}  // namespace keyferry::planner
