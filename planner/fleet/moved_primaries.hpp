// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "io/names/region.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// Returns the Regions in which the keys of a group should exist, sorted: `replicate_to`, and those
/// of `primaries` (the primary Regions in the spec) in which replicas are allowed. Replicas are
/// allowed in Regions that match a pattern in `allowed`, or everywhere if it is empty.
[[nodiscard]] std::vector<io::Region> wanted_regions(const std::vector<io::Region>& replicate_to,
                                                     const std::vector<io::Region>& primaries,
                                                     const std::vector<std::string>& allowed);

/// Returns the Regions of a key's replicas: `wanted` without `primary`, the current primary Region.
[[nodiscard]] std::vector<io::Region> replica_regions(std::vector<io::Region> wanted,
                                                      const io::Region& primary);

/// A key whose primary is not in the Region that the spec sets.
struct MovedPrimary {
    io::KeyArn stated;  ///< the primary in the spec
    io::Region region;  ///< the Region of the primary
};

/// Returns the keys of `described` whose primaries are not in the Region that the spec sets.
[[nodiscard]] std::vector<MovedPrimary> moved_primaries(const std::vector<SelectedKey>& described);

/// Returns the keys of `plan` whose primaries have moved.
[[nodiscard]] std::vector<MovedPrimary> moved_primaries(const Plan& plan);

/// Changes the primaries, replicas and SHA-256 of a plan that contains all replicas of its keys,
/// and records the spec's Regions in Plan::moved_from. Ignores keys that are not in the plan.
void move_primaries(Plan& plan, const std::vector<MovedPrimary>& moved);

}  // namespace keyferry::planner
