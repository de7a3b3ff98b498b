// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Maximum size of a key policy in bytes, as documented in the KMS developer guide ("key policy
/// document size", 32 KB). The KMS API model allows 131,072 characters.
inline constexpr std::size_t kPolicyBytesMax = 32'768;

/// Maximum nesting of a policy's JSON. Real policies need 6 levels.
inline constexpr std::size_t kPolicyDepthMax = 32;

/// Checks a key policy as far as possible without calling KMS: its characters (tab, line feed,
/// carriage return and U+0020 to U+00FF, per PolicyType in the KMS API model), its JSON, and its
/// structure, per the IAM policy grammar and the KMS developer guide ("Key policies"): Statement is
/// a statement or an array of statements, each with an Effect (Allow or Deny), a Principal or
/// NotPrincipal, and an Action or NotAction. Warns about a statement without a Resource, which has
/// no effect in a key policy, and about members that the IAM grammar does not define. The size is
/// not checked, because the size of a filled template differs by Region.
[[nodiscard]] std::vector<TextFinding> check_policy(std::string_view policy);

}  // namespace keyferry::planner
