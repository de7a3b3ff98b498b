// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::planner {

/// The key policy `policy`, as KMS has answered with it, in the one form that it has here whenever
/// it says the same: without blanks, the members of each object and the strings of each array of
/// nothing but strings in the order of their bytes, each string once. KMS orders both as it likes,
/// and otherwise from one call to the next; a plan, its identity and a comparison must not depend
/// on that. Statements stay in their order. It means to IAM what `policy` means, has no other
/// characters than KMS takes (those beyond U+00FF are written \uXXXX), and can be sent.
///
/// Nothing where `policy` is no JSON object, or nested deeper than kPolicyDepthMax.
[[nodiscard]] std::optional<std::string> canonical_policy(std::string_view policy);

}  // namespace keyferry::planner
