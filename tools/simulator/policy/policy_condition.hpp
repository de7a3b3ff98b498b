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
    date,
    boolean,
    binary,      ///< Base64; must match exactly
    ip_address,  ///< addresses and CIDR ranges
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
    /// Whether ${...} in text, patterns and ARNs is a policy variable.
    bool has_variables = true;
};

/// The operators of the IAM User Guide, "IAM JSON policy elements: Condition operators". Returns
/// nullopt for other names. Names are case-insensitive.
[[nodiscard]] std::optional<ConditionOperator> condition_operator(std::string_view name);

/// Whether the request meets the condition. If the request lacks the key, the condition is met with
/// ForAllValues, with IfExists, and with a negated operator without ForAnyValue; otherwise, it is
/// not met. Several values in the policy are alternatives; with a negated operator, none of them
/// may match. If the operator compares numbers, dates or IP addresses, a value that cannot be
/// parsed as one matches nothing.
[[nodiscard]] bool is_met(const PolicyCondition& condition, const RequestContext& context);

}  // namespace keyferry::simulator
