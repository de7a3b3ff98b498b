// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/request_context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The type of a condition's values, which determines how they are compared.
enum class ConditionType : std::uint8_t {
    text,
    text_ignoring_case,
    pattern,  ///< with '*' and '?'
    arn,      ///< ArnEquals and ArnLike, which are equivalent
    number,
    date,  ///< ISO 8601 in UTC: "2027-01-15T08:00:00Z" or "2027-01-15"
    boolean,
    ip_address,  ///< IPv4 addresses and CIDR ranges; other texts must be equal
    null,        ///< whether the request lacks the key
};

/// The required relation between a number or date in the request and the one in the policy.
enum class ConditionRelation : std::uint8_t {
    equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal
};

/// Which values must match if a key has several values.
enum class ValueSet : std::uint8_t { any, for_any, for_all };

/// The parts of an operator such as "ForAllValues:StringNotLikeIfExists".
struct ConditionOperator {
    ConditionType type = ConditionType::text;
    ConditionRelation relation = ConditionRelation::equal;
    ValueSet set = ValueSet::any;
    bool is_negated = false;  ///< StringNotEquals and similar operators
    bool if_exists = false;
};

/// One line of a Condition element.
struct PolicyCondition {
    ConditionOperator test;
    std::string key;  ///< in lower case
    std::vector<std::string> values;
};

/// The operators of the IAM User Guide, "IAM JSON policy elements: Condition operators". Returns
/// nullopt for other names. Names are case-insensitive.
[[nodiscard]] std::optional<ConditionOperator> condition_operator(std::string_view name);

/// Replaces the policy variables in `text`, such as ${aws:username}, with their values in
/// `context`, and ${*}, ${?} and ${$} with the character. Returns nullopt if the request does not
/// have exactly one value for a variable and the variable has no default (${aws:PrincipalTag/team,
/// 'none'}).
[[nodiscard]] std::optional<std::string> without_variables(std::string_view text,
                                                           const RequestContext& context);

/// Whether the request meets the condition. If the request lacks the key, negated operators,
/// operators with IfExists and ForAllValues are met; other operators and ForAnyValue are not.
/// Several values in the policy are alternatives. With a negated operator, none of them may match.
[[nodiscard]] bool is_met(const PolicyCondition& condition, const RequestContext& context);

}  // namespace keyferry::simulator
