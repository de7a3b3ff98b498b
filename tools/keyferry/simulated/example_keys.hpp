// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "tools/simulator/model/starting_key.hpp"

#include <vector>

namespace keyferry::cli {

/// Keys that a simulated KMS has for each group that selects its keys.
inline constexpr int kExampleKeysAGroup = 12;
/// Keys beside them that have no tags and no aliases, and are not Enabled.
inline constexpr int kOtherKeysAGroup = 3;

/// Made-up keys that the groups of `fleet` select, and a few that most selections pass over, so
/// that a fleet without a list of keys can be tried on the simulator. Patterns are filled in: '*'
/// becomes "example-1" and so on. The same fleet gives the same keys. An alias without a '*' or '?'
/// belongs to one key, and so selects one.
[[nodiscard]] std::vector<simulator::StartingKey> example_keys(const planner::FleetSpec& fleet);

/// Puts them into `model`; those that it cannot have, such as one of an unknown KeySpec, are left
/// out.
void add_example_keys(simulator::KmsModel& model, const planner::FleetSpec& fleet);

/// The example keys that the groups select, as a search would find them: to rehearse a plan without
/// a call.
[[nodiscard]] std::vector<planner::SelectedKey> find_example_keys(const planner::FleetSpec& fleet);

}  // namespace keyferry::cli
