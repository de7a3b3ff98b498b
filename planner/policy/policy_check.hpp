// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Largest key policy, in bytes, as the KMS developer guide documents it ("key policy document
/// size", 32 KB). KMS's model would allow 131,072 characters.
inline constexpr std::size_t kPolicyBytesMax = 32'768;

/// Nesting of a policy's JSON. Real ones need 6.
inline constexpr std::size_t kPolicyDepthMax = 32;

/// Checks the text of a key policy, as far as that can be done without KMS: its characters (tab,
/// line feed, carriage return and U+0020 to U+00FF, KMS's PolicyType), its JSON, and its form by
/// IAM's grammar and the KMS developer guide ("Key policies"): Statement is one statement or an
/// array of them, and each has an Effect (Allow or Deny), a Principal or NotPrincipal, an Action or
/// NotAction. A statement without a Resource has no effect in a key policy: a warning, and so is a
/// member that IAM's grammar does not know. The size is not checked: a template has one for each
/// Region.
[[nodiscard]] std::vector<TextFinding> check_policy(std::string_view policy);

}  // namespace keyferry::planner
