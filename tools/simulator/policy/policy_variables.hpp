// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/request_context.hpp"
#include "tools/simulator/policy/wildcards.hpp"

#include <optional>
#include <string>
#include <string_view>

// Policy variables (IAM User Guide, "IAM policy elements: Variables and tags"): ${aws:username} is
// replaced by the value of that condition key, ${aws:PrincipalTag/team, 'none'} by 'none' if the
// request lacks the key, and ${*}, ${?} and ${$} by that character, which is then no wildcard. The
// functions return nullopt if the request does not have exactly one value for a variable without a
// default: the text then matches nothing.

namespace keyferry::simulator {

/// `text` with the values of its variables.
[[nodiscard]] std::optional<std::string> text_with_variables(std::string_view text,
                                                             const RequestContext& context);

/// The pattern `text` with the values of its variables, which are literal. That wildcards in
/// values of condition keys have no effect is an assumption.
[[nodiscard]] std::optional<WildcardPattern> pattern_with_variables(std::string_view text,
                                                                    const RequestContext& context);

}  // namespace keyferry::simulator
