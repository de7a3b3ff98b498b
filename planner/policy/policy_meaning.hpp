// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns a text that is equal for policies with the same meaning to IAM. In addition to what
/// canonical_policy() does, this function replaces the ARN of an account's root user with the
/// account ID, converts action names to lower case, and replaces one-element lists with their
/// element; KMS itself rewrites policies between these forms. Use the text only for comparisons,
/// not in requests. Text that is not a policy is returned unchanged. Equivalent policies that are
/// phrased differently may still yield different texts.
[[nodiscard]] std::string policy_meaning(std::string_view policy);

}  // namespace keyferry::planner
