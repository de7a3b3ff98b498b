// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns a text that is equal for policies with the same meaning to IAM. Beyond canonical_policy,
/// it replaces the ARN of an account's root user with the account ID, lowercases action names, and
/// unwraps one-element lists; KMS itself rewrites policies between these forms. For comparison
/// only, not for sending. Text that is not a policy is returned unchanged. Equivalent policies that
/// are phrased differently may still yield different texts.
[[nodiscard]] std::string policy_meaning(std::string_view policy);

}  // namespace keyferry::planner
