// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_condition.hpp"

#include "tools/simulator/policy/condition_values.hpp"
#include "tools/simulator/policy/policy_variables.hpp"

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

struct NamedOperator {
    std::string_view name;  ///< in lower case
    ConditionOperator test;
};

ConditionOperator plain(ConditionType type, ConditionRelation relation = ConditionRelation::equal) {
    ConditionOperator test;
    test.type = type;
    test.relation = relation;
    return test;
}

ConditionOperator negated(ConditionType type) {
    ConditionOperator test = plain(type);
    test.is_negated = true;
    return test;
}

const std::vector<NamedOperator>& named_operators() {
    using Type = ConditionType;
    using Relation = ConditionRelation;
    static const std::vector<NamedOperator> kOperators{
        {"stringequals", plain(Type::text)},
        {"stringnotequals", negated(Type::text)},
        {"stringequalsignorecase", plain(Type::text_ignoring_case)},
        {"stringnotequalsignorecase", negated(Type::text_ignoring_case)},
        {"stringlike", plain(Type::pattern)},
        {"stringnotlike", negated(Type::pattern)},
        {"numericequals", plain(Type::number)},
        {"numericnotequals", negated(Type::number)},
        {"numericlessthan", plain(Type::number, Relation::less)},
        {"numericlessthanequals", plain(Type::number, Relation::less_or_equal)},
        {"numericgreaterthan", plain(Type::number, Relation::greater)},
        {"numericgreaterthanequals", plain(Type::number, Relation::greater_or_equal)},
        {"dateequals", plain(Type::date)},
        {"datenotequals", negated(Type::date)},
        {"datelessthan", plain(Type::date, Relation::less)},
        {"datelessthanequals", plain(Type::date, Relation::less_or_equal)},
        {"dategreaterthan", plain(Type::date, Relation::greater)},
        {"dategreaterthanequals", plain(Type::date, Relation::greater_or_equal)},
        {"bool", plain(Type::boolean)},
        {"binaryequals", plain(Type::binary)},
        {"ipaddress", plain(Type::ip_address)},
        {"notipaddress", negated(Type::ip_address)},
        {"arnequals", plain(Type::arn)},
        {"arnlike", plain(Type::arn)},
        {"arnnotequals", negated(Type::arn)},
        {"arnnotlike", negated(Type::arn)},
        {"null", plain(Type::null)}};
    return kOperators;
}

/// Returns false if either text is not a number or date.
bool relates(const std::optional<double>& value,
             ConditionRelation relation,
             const std::optional<double>& wanted) {
    if (!value || !wanted) {
        return false;
    }
    switch (relation) {
        case ConditionRelation::equal:
            return *value == *wanted;
        case ConditionRelation::less:
            return *value < *wanted;
        case ConditionRelation::less_or_equal:
            return *value <= *wanted;
        case ConditionRelation::greater:
            return *value > *wanted;
        case ConditionRelation::greater_or_equal:
            return *value >= *wanted;
    }
    return false;
}

bool matches_pattern(const PolicyCondition& condition,
                     const std::string& value,
                     const std::string& wanted,
                     const RequestContext& context) {
    const auto pattern = condition.has_variables ? pattern_with_variables(wanted, context)
                                                 : std::optional(WildcardPattern(wanted));
    return pattern && (condition.test.type == ConditionType::arn ? pattern->matches_arn(value)
                                                                 : pattern->matches(value));
}

bool matches_text(const PolicyCondition& condition,
                  const std::string& value,
                  const std::string& wanted,
                  const RequestContext& context) {
    const auto text =
        condition.has_variables ? text_with_variables(wanted, context) : std::optional(wanted);
    return text && (condition.test.type == ConditionType::text
                        ? value == *text
                        : io::lower_case(value) == io::lower_case(*text));
}

/// Whether a value in the request matches a value in the policy. Only text and ARNs can contain
/// variables.
bool matches(const PolicyCondition& condition,
             const std::string& value,
             const std::string& wanted,
             const RequestContext& context) {
    const ConditionRelation relation = condition.test.relation;
    switch (condition.test.type) {
        case ConditionType::text:
        case ConditionType::text_ignoring_case:
            return matches_text(condition, value, wanted, context);
        case ConditionType::pattern:
        case ConditionType::arn:
            return matches_pattern(condition, value, wanted, context);
        case ConditionType::boolean:
            return io::lower_case(value) == io::lower_case(wanted);
        case ConditionType::binary:
            return value == wanted;
        case ConditionType::number:
            return relates(number_in(value), relation, number_in(wanted));
        case ConditionType::date:
            return relates(date_in(value), relation, date_in(wanted));
        case ConditionType::ip_address:
            return is_in_ip_range(value, wanted);
        case ConditionType::null:
            break;
    }
    return false;
}

/// Whether one value in the request meets the condition, including its negation.
bool value_meets(const PolicyCondition& condition,
                 const std::string& value,
                 const RequestContext& context) {
    const bool matches_one =
        std::any_of(condition.values.begin(), condition.values.end(), [&](const auto& wanted) {
            return matches(condition, value, wanted, context);
        });
    return matches_one != condition.test.is_negated;
}

bool null_is_met(const PolicyCondition& condition, bool is_missing) {
    return std::any_of(condition.values.begin(), condition.values.end(), [&](const auto& wanted) {
        return io::lower_case(wanted) == (is_missing ? "true" : "false");
    });
}

bool remove_prefix(std::string_view prefix, std::string& text) {
    if (std::string_view(text).substr(0, prefix.size()) != prefix) {
        return false;
    }
    text.erase(0, prefix.size());
    return true;
}

}  // namespace

std::optional<ConditionOperator> condition_operator(std::string_view name) {
    constexpr std::string_view kIfExists = "ifexists";
    std::string rest = io::lower_case(name);
    ValueSet set = ValueSet::any;
    if (remove_prefix("forallvalues:", rest)) {
        set = ValueSet::for_all;
    } else if (remove_prefix("foranyvalue:", rest)) {
        set = ValueSet::for_any;
    }
    const bool if_exists =
        rest.size() > kIfExists.size() && rest.substr(rest.size() - kIfExists.size()) == kIfExists;
    if (if_exists) {
        rest.resize(rest.size() - kIfExists.size());
    }
    const auto& all = named_operators();
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const NamedOperator& each) { return each.name == rest; });
    if (found == all.end() || (if_exists && found->test.type == ConditionType::null)) {
        return std::nullopt;
    }
    ConditionOperator test = found->test;
    test.set = set;
    test.if_exists = if_exists;
    return test;
}

bool is_met(const PolicyCondition& condition, const RequestContext& context) {
    const ConditionOperator& test = condition.test;
    const std::vector<std::string>* values = context.find(condition.key);
    if (test.type == ConditionType::null) {
        return null_is_met(condition, values == nullptr);
    }
    if (values == nullptr || values->empty()) {
        if (test.set != ValueSet::any) {
            return test.set == ValueSet::for_all || test.if_exists;
        }
        return test.is_negated || test.if_exists;
    }
    const auto meets = [&](const std::string& value) {
        return value_meets(condition, value, context);
    };
    return test.set == ValueSet::for_all ? std::all_of(values->begin(), values->end(), meets)
                                         : std::any_of(values->begin(), values->end(), meets);
}

}  // namespace keyferry::simulator
