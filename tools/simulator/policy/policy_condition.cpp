// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_condition.hpp"

#include "tools/simulator/policy/wildcards.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
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
        {"binaryequals", plain(Type::text)},
        {"ipaddress", plain(Type::ip_address)},
        {"notipaddress", negated(Type::ip_address)},
        {"arnequals", plain(Type::arn)},
        {"arnlike", plain(Type::arn)},
        {"arnnotequals", negated(Type::arn)},
        {"arnnotlike", negated(Type::arn)},
        {"null", plain(Type::null)}};
    return kOperators;
}

template <typename Value>
bool relates(const Value& value, ConditionRelation relation, const Value& wanted) {
    switch (relation) {
        case ConditionRelation::equal:
            return value == wanted;
        case ConditionRelation::less:
            return value < wanted;
        case ConditionRelation::less_or_equal:
            return value <= wanted;
        case ConditionRelation::greater:
            return value > wanted;
        case ConditionRelation::greater_or_equal:
            return value >= wanted;
    }
    return false;
}

std::optional<double> number_in(const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && rest == end && !text.empty() ? std::optional(number)
                                                                : std::nullopt;
}

std::string date_in(const std::string& text) {
    constexpr std::size_t kDaySize = 10;  // "2027-01-15"
    return text.size() == kDaySize ? text + "T00:00:00Z" : text;
}

/// The 32 bits of an IPv4 address.
std::optional<std::uint32_t> ipv4_in(std::string_view text) {
    constexpr unsigned kByteBits = 8;
    constexpr unsigned kByteMax = 255;
    std::uint32_t address = 0;
    for (int i = 0; i < 4; ++i) {
        unsigned byte = 0;
        const char* const end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, byte);
        if (error != std::errc{} || byte > kByteMax) {
            return std::nullopt;
        }
        address = (address << kByteBits) | byte;
        text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
        if (i < 3) {
            if (text.empty() || text.front() != '.') {
                return std::nullopt;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty() ? std::optional(address) : std::nullopt;
}

bool is_in_range(const std::string& address, std::string_view range) {
    constexpr unsigned kAddressBits = 32;
    const std::size_t slash = range.find('/');
    const auto first = ipv4_in(range.substr(0, slash));
    const auto tested = ipv4_in(address);
    if (!first || !tested) {
        return address == range;
    }
    unsigned bits = kAddressBits;
    if (slash != std::string_view::npos) {
        const std::string_view size = range.substr(slash + 1);
        std::from_chars(size.data(), size.data() + size.size(), bits);
    }
    const unsigned shift = kAddressBits - std::min(bits, kAddressBits);
    return shift == kAddressBits || (*first >> shift) == (*tested >> shift);
}

bool matches(const ConditionOperator& test, const std::string& value, const std::string& wanted) {
    switch (test.type) {
        case ConditionType::text:
            return value == wanted;
        case ConditionType::text_ignoring_case:
        case ConditionType::boolean:
            return io::lower_case(value) == io::lower_case(wanted);
        case ConditionType::pattern:
            return matches_wildcards(wanted, value);
        case ConditionType::arn:
            return matches_arn(wanted, value);
        case ConditionType::number: {
            const auto number = number_in(value);
            const auto limit = number_in(wanted);
            return number && limit && relates(*number, test.relation, *limit);
        }
        case ConditionType::date:
            return relates(date_in(value), test.relation, date_in(wanted));
        case ConditionType::ip_address:
            return is_in_range(value, wanted);
        case ConditionType::null:
            break;
    }
    return false;
}

/// Whether one value of the request meets the condition, negation included.
bool value_meets(const PolicyCondition& condition,
                 const std::string& value,
                 const RequestContext& context) {
    const bool matches_one =
        std::any_of(condition.values.begin(), condition.values.end(), [&](const auto& wanted) {
            const auto text = without_variables(wanted, context);
            return text && matches(condition.test, value, *text);
        });
    return matches_one != condition.test.is_negated;
}

bool null_is_met(const PolicyCondition& condition, bool is_missing) {
    return std::any_of(condition.values.begin(), condition.values.end(), [&](const auto& wanted) {
        return io::lower_case(wanted) == (is_missing ? "true" : "false");
    });
}

/// The value of the variable in ${...}.
std::optional<std::string> variable(std::string_view name, const RequestContext& context) {
    if (name == "*" || name == "?" || name == "$") {
        return std::string(name);
    }
    const std::size_t comma = name.find(',');
    const auto* values = context.find(io::lower_case(name.substr(0, comma)));
    if (values != nullptr && values->size() == 1) {
        return values->front();
    }
    const std::size_t from = name.find('\'');
    const std::size_t until = name.rfind('\'');
    if (comma == std::string_view::npos || from == until) {
        return std::nullopt;
    }
    return std::string(name.substr(from + 1, until - from - 1));
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

std::optional<std::string> without_variables(std::string_view text, const RequestContext& context) {
    std::string filled;
    for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos) {
            break;
        }
        const auto value = variable(text.substr(at + 2, end - at - 2), context);
        if (!value) {
            return std::nullopt;
        }
        filled.append(text.substr(0, at)).append(*value);
        text.remove_prefix(end + 1);
    }
    return filled.append(text);
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
