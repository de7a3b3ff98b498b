// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "io/names/key_metadata.hpp"
#include "planner/plan/quota.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A key that a group selects, and what DescribeKey has said of it, so that nobody asks again.
struct SelectedKey {
    io::KeyArn primary;
    std::uint32_t group = 0;  ///< index into FleetSpec::groups
    io::KeyState state = io::KeyState::other;
    io::MultiRegionConfiguration configuration;  ///< the Regions; ARNs are left out
    std::optional<std::string> description;      ///< where the group copies it
};

/// Multi-Region keys of which it could not be told whether a group wants them.
struct UnseenKeys {
    std::uint64_t denied = 0;        ///< the caller may not see the key
    std::uint64_t no_response = 0;   ///< no answer in all attempts
    std::vector<std::string> first;  ///< ARNs of the first few
    friend bool operator==(const UnseenKeys&, const UnseenKeys&) = default;
};

/// What came of looking for the keys that the groups of a fleet select.
struct SelectedKeys {
    std::vector<SelectedKey> keys;  ///< in no particular order, none twice
    UnseenKeys unseen;
    std::uint64_t keys_listed = 0;           ///< all keys of the Regions that were looked through
    std::vector<QuotaCalls> calls_by_quota;  ///< all attempts, sorted
    /// Why a list of keys or aliases could not be had, for people; empty when all could. `keys` is
    /// of no use then.
    std::string failure;
    bool failure_is_denial = false;
};

}  // namespace keyferry::planner
