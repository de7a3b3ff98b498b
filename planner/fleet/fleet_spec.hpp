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

/// Primary keys of one fleet. 100,000 is KMS's default for one account and Region.
inline constexpr std::size_t kFleetKeysMax = 2'000'000;
/// (key, Region) pairs of one fleet: about 500 MB as a plan. Larger fleets are several specs.
inline constexpr std::size_t kFleetJobsMax = 20'000'000;
/// Groups and Region sets of one fleet.
inline constexpr std::size_t kFleetGroupsMax = 10'000;

/// A primary key as one line of the spec names it.
struct SpecKey {
    io::KeyArn primary;
    SourcePosition where;
};

/// Keys that get replicas in the same Regions with the same parameters.
struct FleetGroup {
    std::string name;
    SourcePosition where;
    ReplicaParameters parameters;
    std::vector<SpecKey> keys;  ///< as written; no key twice in a fleet
    /// Which further keys of `home` the group wants, as KMS has them when the plan is made.
    std::optional<KeySelector> select;
    std::optional<io::AccountRegion>
        home;  ///< account and Region of the primaries, where the spec says both
    /// Where replicas go, sets and excludes worked out; sorted. A key passes over the Region that
    /// is its primary's own.
    std::vector<io::Region> regions;
};

/// What the user wants, checked against all of KMS's rules that can be checked without KMS.
struct FleetSpec {
    std::string name;
    std::vector<FleetGroup> groups;
    std::vector<std::string> allowed_regions;  ///< patterns; every replica's Region matches one
    RunSettings settings;
};

/// Whether some group wants keys that it does not list.
[[nodiscard]] bool selects_keys(const FleetSpec& fleet) noexcept;

}  // namespace keyferry::planner
