// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A part of a key policy that refers to Regions.
struct RegionBinding {
    std::string where;              ///< "Resource", or the condition key: "kms:ViaService"
    std::set<std::string> regions;  ///< never empty
};

/// The dependencies of a key policy that can be determined without knowing the caller. A policy
/// that works for the primary may not work for a replica if it names the primary's Region.
struct PolicyScope {
    /// In statement order, as written. Excludes kms:ReplicaRegion and kms:PrimaryRegion, which name
    /// the Regions of the related keys intentionally.
    std::vector<RegionBinding> bindings;
    /// Principals that a statement allows to call kms:PutKeyPolicy, as written: ARNs, accounts,
    /// "*".
    std::vector<std::string> managers;
    /// Principals written as unique IDs ("AROA...", "AIDA..."): KMS shows deleted roles and users
    /// this way, and rejects policies that contain them.
    std::set<std::string> deleted_principals;
    bool allows_replicate_key = false;
    bool allows_update_primary_region = false;
};

/// Parses a policy or an unfilled template, whose placeholders match no Region and every account.
/// Returns an empty scope if `policy` is not valid policy JSON; check_policy reports why.
[[nodiscard]] PolicyScope policy_scope(std::string_view policy);

/// Returns whether any principal in `account` may change the policy. If not, the caller may not
/// change it either, and KMS rejects the policy unless its lockout safety check is bypassed.
[[nodiscard]] bool is_manageable_by(const PolicyScope& scope, const io::AccountId& account);

}  // namespace keyferry::planner
