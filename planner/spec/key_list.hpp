// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <optional>
#include <vector>

namespace keyferry::planner {

/// A group setting, with [fleet] as the fallback. Distinguishes "present but invalid" from
/// "absent", so that one error produces only one diagnostic.
template <typename T>
struct OptionalSetting {
    bool written = false;
    std::optional<T> value;
};

/// The account and Regions that are needed to turn a key ID into an ARN, and that a listed ARN must
/// match.
struct KeyHome {
    OptionalSetting<io::AccountId> account;
    OptionalSetting<std::vector<io::Region>> primaries;  ///< not empty, if set
    std::vector<io::Region> replicas;  ///< other Regions that a listed ARN can be in; sorted
    bool has_accounts = false;         ///< the group has `accounts`, so keys must be listed as ARNs
};

/// Reads `keys` and `keys_file` of a group: key IDs (which require the group's account and primary
/// Region) or key ARNs (which must match them, if set). If there are several primary Regions, the
/// primary of a key ID is assumed to be in the first of them. An ARN in a replica Region is also
/// accepted and stands for the key with its primary in the (first) primary Region. Invalid keys are
/// reported and omitted.
///
/// A keys_file is a key list (key_lines.hpp).
[[nodiscard]] std::vector<SpecKey> read_keys(TableReader& group,
                                             const KeyHome& home,
                                             const SpecSource& source);

}  // namespace keyferry::planner
