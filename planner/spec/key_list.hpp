// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <optional>
#include <vector>

namespace keyferry::planner {

/// A setting of a group or, if the group has none, of [fleet]. It distinguishes "present but
/// invalid" from "absent", so that one error produces only one diagnostic.
template <typename T>
struct OptionalSetting {
    bool written = false;
    std::optional<T> value;
};

/// The account and Region that are needed to turn a key ID into an ARN, and that a listed ARN must
/// match.
struct KeyHome {
    OptionalSetting<io::AccountId> account;
    OptionalSetting<io::Region> primary;
    std::vector<io::Region> replicas;  ///< Regions in which an ARN may be as well; sorted
    bool has_accounts = false;         ///< the group has `accounts`, so keys must be listed as ARNs
};

/// Reads `keys` and `keys_file` of a group: key IDs (which require the group's account and primary
/// Region) or key ARNs (which must match them, if set). An ARN in a replica Region also names the
/// key, whose primary the spec states in the primary Region. Invalid keys are reported and omitted.
///
/// A keys_file is a key list (key_lines.hpp).
[[nodiscard]] std::vector<SpecKey> read_keys(TableReader& group,
                                             const KeyHome& home,
                                             const SpecSource& source);

}  // namespace keyferry::planner
