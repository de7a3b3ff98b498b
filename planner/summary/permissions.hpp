// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Maximum size of a managed IAM policy in characters, not counting white space.
inline constexpr std::size_t kIamPolicyCharactersMax = 6144;

/// Maximum number of keys per account that the IAM policy lists individually. If there are more
/// keys, they are matched by Region: arn:...:key/mrk-*, with the condition that the key is a
/// primary.
inline constexpr std::size_t kNamedKeysMax = 50;

/// The permissions that keyferry needs in one account.
struct AccountPermissions {
    io::AccountId account;
    /// IAM policies that allow exactly the calls that plan and run make. Each is a complete JSON
    /// document that ends with a line feed. They allow:
    ///   - kms:ReplicateKey on the primaries, to their replica Regions
    ///   - kms:CreateKey in the replica Regions (KMS checks it for ReplicateKey)
    ///   - kms:TagResource, if tags are sent
    ///   - kms:DescribeKey on primaries and replicas
    ///   - kms:GetKeyPolicy and kms:ListResourceTags on primaries whose policy or tags are copied
    ///   - kms:ListKeys and kms:ListAliases, if groups select keys
    /// There is at least one policy, and more if the statements exceed the size of a managed
    /// policy; all of them are needed. The key policies must delegate access control to IAM or
    /// allow the same actions.
    std::vector<std::string> policies;
    /// The actions that an organization's service control policies must not deny, one line per
    /// check. A Deny in such a policy overrides the IAM policies.
    std::vector<std::string> scp_checklist;
};

/// The commands to allow. Each value includes the permissions of the previous one.
enum class PermittedWork : std::uint8_t {
    plan_and_run,
    drift,  ///< plan --drift also reads policies, tags and aliases of replicas
    sync,   ///< also changes parts that differ: kms:PutKeyPolicy, kms:TagResource,
            ///< kms:UpdateKeyDescription and kms:CreateAlias, for the parts that the spec sets; to
            ///< undo that, also kms:UntagResource and kms:DeleteAlias. Also kms:EnableKey and
            ///< kms:DisableKey, because the spec always sets the state
};

/// Returns the permissions for each account in which the plan has replicas, sorted by account.
[[nodiscard]] std::vector<AccountPermissions> permissions_of(
    const Plan& plan, PermittedWork work = PermittedWork::plan_and_run);

/// Returns the size of `policy` in characters as IAM counts them.
[[nodiscard]] std::size_t iam_characters(const std::string& policy);

}  // namespace keyferry::planner
