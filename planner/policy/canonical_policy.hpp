// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::planner {

/// Normalizes a key policy returned by KMS, so that policies with the same content have the same
/// text: no whitespace, object members in byte order, and the strings of each string-only array
/// sorted and deduplicated. KMS returns object members and array elements in an arbitrary order,
/// which can change from call to call; plans, their hashes and comparisons must not depend on this
/// order. The order of statements is preserved. The result is equivalent to `policy` in IAM,
/// contains only characters that KMS accepts (those above U+00FF are written \uXXXX), and can be
/// sent to KMS.
///
/// Returns nullopt if `policy` is not a JSON object or is nested deeper than kPolicyDepthMax.
[[nodiscard]] std::optional<std::string> canonical_policy(std::string_view policy);

}  // namespace keyferry::planner
