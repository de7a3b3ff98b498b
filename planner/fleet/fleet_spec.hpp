// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "planner/fleet/key_selector.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/run_settings.hpp"
#include "planner/toml/diagnostic.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Maximum number of primary keys in a fleet. 100,000 is the KMS default quota for one account and
/// Region.
inline constexpr std::size_t kFleetKeysMax = 2'000'000;
/// Maximum number of (key, Region) pairs in a fleet. The plan of such a fleet takes about 500 MB.
/// Larger fleets must be split into several specs.
inline constexpr std::size_t kFleetJobsMax = 20'000'000;
/// Maximum number of groups, and of Region sets, in a fleet.
inline constexpr std::size_t kFleetGroupsMax = 10'000;

/// A primary key listed in the spec.
struct SpecKey {
    io::KeyArn primary;
    SourcePosition where;
};

/// Keys with replicas in the same Regions and with the same parameters.
struct FleetGroup {
    std::string name;
    SourcePosition where;
    ReplicaParameters parameters;
    std::vector<SpecKey> keys;  ///< in spec order; a fleet contains each key only once
    /// Selects further keys in the account of `home` and in `primaries` among those that exist when
    /// the plan is created.
    std::optional<KeySelector> select;
    std::optional<io::AccountRegion>
        home;  ///< account and first Region of the primaries, if the spec has both
    /// The Regions in which the primaries may be; empty if the spec has none. Each key should exist
    /// in all of them.
    std::vector<io::Region> primaries;
    /// The replica Regions, with sets expanded and exclusions removed; sorted. A key is not
    /// replicated to the Region of its own primary.
    std::vector<io::Region> regions;
};

/// A fleet spec, checked against every KMS rule that can be checked without calling KMS.
struct FleetSpec {
    std::string name;
    std::vector<FleetGroup> groups;
    std::vector<std::string> allowed_regions;  ///< patterns; every replica Region matches one
    RunSettings settings;
};

/// Returns whether any group of `fleet` selects keys instead of listing all of them.
[[nodiscard]] bool selects_keys(const FleetSpec& fleet) noexcept;

}  // namespace keyferry::planner
