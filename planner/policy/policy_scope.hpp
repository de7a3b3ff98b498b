// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A part of a key policy that names Regions.
struct RegionBinding {
    std::string where;              ///< "Resource", or the condition key: "kms:ViaService"
    std::set<std::string> regions;  ///< never empty
};

/// What a key policy can be seen to hold on to, without knowing who calls. A policy that was right
/// for the primary is not for a replica where it names another Region.
struct PolicyScope {
    /// By statement, as written. Not kms:ReplicaRegion and kms:PrimaryRegion, which name the other
    /// keys' Regions on purpose.
    std::vector<RegionBinding> bindings;
    /// Principals that some statement allows kms:PutKeyPolicy, as written: ARNs, accounts, "*".
    std::vector<std::string> managers;
    /// Principals by unique id ("AROA...", "AIDA..."): how KMS tells roles and users that have been
    /// deleted since. KMS takes no policy that names them.
    std::set<std::string> deleted_principals;
    bool allows_replicate_key = false;
    bool allows_update_primary_region = false;
};

/// Reads a policy, or a template whose placeholders are not filled in: those name no Region and any
/// account. Nothing where `policy` is not JSON of a policy's form; check_policy says why.
[[nodiscard]] PolicyScope policy_scope(std::string_view policy);

/// Whether somebody of `account` may change the policy. Where nobody may, neither can the caller,
/// and KMS refuses the policy unless its lockout safety check is bypassed.
[[nodiscard]] bool is_manageable_by(const PolicyScope& scope, const io::AccountId& account);

}  // namespace keyferry::planner
