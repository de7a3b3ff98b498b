// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "tools/simulator/model/starting_key.hpp"

#include <vector>

namespace keyferry::cli {

/// Number of example keys for each group that selects keys.
inline constexpr int kExampleKeysAGroup = 12;
/// Number of additional keys per group. They have no tags or aliases, and are not Enabled.
inline constexpr int kOtherKeysAGroup = 3;

/// Returns example keys that the groups of `fleet` select, and a few keys that most selections do
/// not match. With these keys, a fleet without a list of keys can run on the simulator. In
/// patterns, '*' is replaced by "example-1", "example-2" and so on. The same fleet always has the
/// same keys. An alias can belong to only one key, so a pattern without '*' or '?' selects only one
/// key.
[[nodiscard]] std::vector<simulator::StartingKey> example_keys(const planner::FleetSpec& fleet);

/// Adds the example keys to `model`, except those that it cannot create, such as keys with an
/// unknown KeySpec.
void add_example_keys(simulator::KmsModel& model, const planner::FleetSpec& fleet);

/// Returns the example keys that the groups select, in the form in which a search returns them, so
/// that a plan can be created without calls.
[[nodiscard]] std::vector<planner::SelectedKey> find_example_keys(const planner::FleetSpec& fleet);

}  // namespace keyferry::cli
