// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "io/names/key_metadata.hpp"
#include "planner/plan/lookup_status.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

/// A key that a group selects or lists, with the result of DescribeKey, so that it need not be
/// called again.
struct SelectedKey {
    explicit SelectedKey(io::KeyArn primary_) : primary(std::move(primary_)) {}

    io::KeyArn primary;                         ///< in its current Region
    LookupStatus lookup = LookupStatus::found;  ///< other values: nothing else is known
    std::uint32_t group = 0;                    ///< index into FleetSpec::groups
    io::KeyState state = io::KeyState::other;
    io::MultiRegionConfiguration configuration;  ///< Regions only, without ARNs
    std::optional<std::string> description;      ///< set if the group copies it
    /// The Region that the spec sets for the primary, if the primary is in another Region.
    /// `state` and `description` are then those of the replica in this Region.
    std::optional<io::Region> moved_from;
};

/// Multi-Region keys that could not be checked against the selections.
struct UncheckedKeys {
    std::uint64_t denied = 0;        ///< access denied
    std::uint64_t no_response = 0;   ///< all attempts failed
    std::vector<std::string> first;  ///< ARNs of the first few
    friend bool operator==(const UncheckedKeys&, const UncheckedKeys&) = default;
};

/// Result of searching for the keys that the groups of a fleet select.
struct SelectedKeys {
    std::vector<SelectedKey> keys;  ///< unordered, no duplicates
    UncheckedKeys unseen;
    /// Keys that match a selection but whose primaries are in Regions that the group does not
    /// include; sorted by primary ARN.
    std::vector<KeyElsewhere> elsewhere;
    /// Accounts that were not searched because their credentials are missing or refused, with the
    /// reason as text for users. The search of the other accounts is complete.
    std::map<io::AccountId, std::string> refused_accounts;
    std::uint64_t keys_listed = 0;           ///< number of keys in the Regions searched
    std::vector<QuotaCalls> calls_by_quota;  ///< counts all attempts; sorted
    /// Why keys or aliases could not be listed, as text for users; empty on success. On failure,
    /// `keys` is incomplete and must not be used.
    std::string failure;
    bool failure_is_denial = false;
};

}  // namespace keyferry::planner
