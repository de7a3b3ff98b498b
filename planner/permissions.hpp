#pragma once

#include "planner/plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace keyferry {

/// Characters of a managed IAM policy, white space not counted, that IAM takes at most.
inline constexpr std::size_t kIamPolicyCharactersMax = 6144;

/// Keys of an account that its policy names one by one. More of them are named by Region:
/// arn:...:key/mrk-*, on condition that the key is a primary.
inline constexpr std::size_t kNamedKeysMax = 50;

/// The IAM policies, each a whole JSON document, that allow a run in `account` what it does and no
/// more: kms:ReplicateKey on the primaries, to their replica Regions; kms:CreateKey there (KMS
/// checks it for ReplicateKey), kms:TagResource where tags are sent; kms:DescribeKey of primaries
/// and replicas; kms:GetKeyPolicy and kms:ListResourceTags of primaries whose policy and tags are
/// copied. More than one where it would not fit into a managed policy: all of them are
/// needed. Empty where the plan has no replica in `account`. The key policies have to leave the
/// decision to IAM, or to allow the same.
std::vector<std::string> iam_policies(const Plan& plan, const AccountId& account);

/// Characters of `policy` as IAM counts them.
std::size_t iam_characters(const std::string& policy);

/// What an organization's service control policies must not deny, a line each: allowing in IAM is
/// then of no use.
std::vector<std::string> scp_checklist(const Plan& plan, const AccountId& account);

}  // namespace keyferry
