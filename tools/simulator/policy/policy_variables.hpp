// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/request_context.hpp"
#include "tools/simulator/policy/wildcards.hpp"

#include <optional>
#include <string>
#include <string_view>

// Policy variables (IAM User Guide, "IAM policy elements: Variables and tags"): ${aws:username} is
// replaced by the value of that condition key, ${aws:PrincipalTag/team, 'none'} by 'none' if the
// request lacks the key, and ${*}, ${?} and ${$} by that character, which is then not a wildcard.
// If the request does not have exactly one value for a variable without a default, the functions
// return nullopt, and the text matches nothing.

namespace keyferry::simulator {

/// Returns `text` with its variables replaced by their values.
[[nodiscard]] std::optional<std::string> text_with_variables(std::string_view text,
                                                             const RequestContext& context);

/// Returns the pattern `text` with its variables replaced by their values. Wildcards in the values
/// have no effect, which is an assumption about IAM.
[[nodiscard]] std::optional<WildcardPattern> pattern_with_variables(std::string_view text,
                                                                    const RequestContext& context);

}  // namespace keyferry::simulator
