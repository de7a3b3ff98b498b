// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Characters of a managed IAM policy, white space not counted, that IAM takes at most.
inline constexpr std::size_t kIamPolicyCharactersMax = 6144;

/// Keys of an account that its policy names one by one. More of them are named by Region:
/// arn:...:key/mrk-*, on condition that the key is a primary.
inline constexpr std::size_t kNamedKeysMax = 50;

/// What has to be allowed in an account.
struct AccountPermissions {
    io::AccountId account;
    /// IAM policies, each a whole JSON document that ends with a line feed, that allow what `plan`
    /// and a run do and no more: kms:ReplicateKey on the primaries, to their replica Regions;
    /// kms:CreateKey there (KMS checks it for ReplicateKey), kms:TagResource where tags are sent;
    /// kms:DescribeKey of primaries and replicas; kms:GetKeyPolicy and kms:ListResourceTags of
    /// primaries whose policy and tags are copied; what it takes to look for keys that groups
    /// select. At least one; more where it would not fit into a
    /// managed policy: all of them are needed. The key policies have to leave the decision to IAM,
    /// or to allow the same.
    std::vector<std::string> policies;
    /// What an organization's service control policies must not deny, a line each: allowing in IAM
    /// is then of no use.
    std::vector<std::string> scp_checklist;
};

/// What is to be allowed. Each allows all that the one before it does.
enum class PermittedWork : std::uint8_t {
    plan_and_run,
    drift,  ///< plan --drift reads policies, tags and aliases of replicas too
    sync,   ///< which changes what differs: kms:PutKeyPolicy, kms:TagResource,
            ///< kms:UpdateKeyDescription and kms:CreateAlias where the spec states such a thing
};

/// Those of each account in which the plan has replicas, sorted by account.
[[nodiscard]] std::vector<AccountPermissions> permissions_of(
    const Plan& plan, PermittedWork work = PermittedWork::plan_and_run);

/// Characters of `policy` as IAM counts them.
[[nodiscard]] std::size_t iam_characters(const std::string& policy);

}  // namespace keyferry::planner
