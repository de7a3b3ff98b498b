// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "planner/plan/key_content.hpp"
#include "planner/plan/lookup_status.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

/// A related key as described by DescribeKey in its own Region.
struct InventoryReplica {
    std::uint32_t region = 0;  ///< index into Inventory::regions
    LookupStatus lookup = LookupStatus::not_requested;
    io::KeyState state = io::KeyState::other;
    double deletion_date_s = 0;  ///< Unix epoch; 0 if not scheduled for deletion
    friend bool operator==(const InventoryReplica&, const InventoryReplica&) = default;
};

/// A key of the plan, as described by DescribeKey in its primary Region according to the plan.
struct InventoryKey {
    static constexpr std::uint32_t kNoRegion = ~std::uint32_t{0};

    LookupStatus lookup = LookupStatus::not_requested;
    io::KeyState state = io::KeyState::other;
    bool is_multi_region = false;
    std::uint32_t primary_region = kNoRegion;  ///< the Region of its primary; index into
                                               ///< Inventory::regions
    LookupStatus policy =
        LookupStatus::not_requested;  ///< status of its policy, if its group copies policies
    LookupStatus tags = LookupStatus::not_requested;     ///< status of its tags, if its group
                                                         ///< copies tags
    LookupStatus aliases = LookupStatus::not_requested;  ///< status of its aliases, if its group
                                                         ///< copies aliases
    /// All its related keys except the one described here, by Region. DescribeKey was called only
    /// for the keys in Regions of the plan. If `lookup` is no_response, these are the Regions in
    /// which the plan has a replica, and only those that were described are known to exist.
    std::vector<InventoryReplica> related;
    friend bool operator==(const InventoryKey&, const InventoryKey&) = default;
};

/// The contents of an existing replica, read for comparison with the spec.
struct ReplicaContent {
    KeyContent content;
    std::vector<std::string> aliases;          ///< names, sorted
    bool are_aliases_read = false;             ///< read only if the spec sets aliases
    LookupStatus worst = LookupStatus::found;  ///< worst status of the parts that the spec sets
    friend bool operator==(const ReplicaContent&, const ReplicaContent&) = default;
};

/// Accounts that could not be read because their credentials are missing or refused, with the
/// reason as text for users.
using RefusedAccounts = std::map<io::AccountId, std::string>;

/// The keys of one plan that exist in KMS, as a plain value.
struct Inventory {
    std::vector<std::string> regions;  ///< names, in no particular order
    std::vector<InventoryKey> keys;    ///< one per element of plan.keys
    /// Contents to copy, for the keys whose contents could be read completely.
    KeyContents contents;
    /// Sorted alias names of primaries whose groups copy aliases, by index into plan.keys. They are
    /// read only if replicas are compared with the spec.
    std::unordered_map<std::uint32_t, std::vector<std::string>> aliases;
    /// Contents of existing replicas, by index into plan.jobs. Empty if replicas are not compared.
    std::unordered_map<std::uint32_t, ReplicaContent> replicas;
    std::uint64_t calls = 0;                 ///< including retries
    std::vector<QuotaCalls> calls_by_quota;  ///< the same calls by account, Region and API; sorted
    /// The number of all keys in each account and Region in which they were counted.
    std::map<io::AccountRegion, std::uint64_t> key_counts;
    RefusedAccounts refused_accounts;
    friend bool operator==(const Inventory&, const Inventory&) = default;
};

}  // namespace keyferry::planner
