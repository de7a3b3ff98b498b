// SPDX-License-Identifier: Apache-2.0
#include "planner/policy/canonical_policy.hpp"

#include "io/names/utf8.hpp"
#include "planner/policy/policy_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

namespace json = boost::json;

bool is_string(const json::value& value) {
    return value.is_string();
}

json::value in_order(const json::value& value);

json::value in_order(const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    for (const json::key_value_pair& member : object) {
        members.push_back(&member);
    }
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
        return a->key() < b->key();
    });
    json::object sorted;
    for (const json::key_value_pair* member : members) {
        sorted.emplace(member->key(), in_order(member->value()));
    }
    return sorted;
}

json::value in_order(const json::array& array) {
    json::array elements;
    for (const json::value& element : array) {
        elements.push_back(in_order(element));
    }
    if (std::all_of(elements.begin(), elements.end(), is_string)) {
        std::sort(elements.begin(), elements.end(), [](const json::value& a, const json::value& b) {
            return a.get_string() < b.get_string();
        });
        elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    }
    return elements;
}

/// Recursion depth is bounded by the parser's max_depth.
json::value in_order(const json::value& value) {
    if (const json::object* object = value.if_object()) {
        return in_order(*object);
    }
    if (const json::array* array = value.if_array()) {
        return in_order(*array);
    }
    return value;
}

/// Escapes every character above U+00FF as \uXXXX. In JSON they occur only in strings.
std::string in_kms_characters(std::string_view text) {
    constexpr std::uint32_t kLastAccepted = 0xff;
    constexpr std::uint32_t kBeyondBasic = 0x10000;
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const io::Utf8Character character = io::first_character(text);
        const auto code_point = static_cast<std::uint32_t>(character.code_point);
        if (code_point <= kLastAccepted) {
            result.append(text, 0, character.bytes);
        } else if (code_point < kBeyondBasic) {
            fmt::format_to(std::back_inserter(result), "\\u{:04x}", code_point);
        } else {
            const std::uint32_t rest = code_point - kBeyondBasic;
            fmt::format_to(std::back_inserter(result),
                           "\\u{:04x}\\u{:04x}",
                           0xd800U + (rest >> 10U),
                           0xdc00U + (rest & 0x3ffU));
        }
        text.remove_prefix(character.bytes);
    }
    return result;
}

}  // namespace

std::optional<std::string> canonical_policy(std::string_view policy) {
    json::parse_options options;
    options.max_depth = kPolicyDepthMax;
    json::error_code failure;
    const json::value root = json::parse(policy, failure, {}, options);
    if (failure || !root.is_object()) {
        return std::nullopt;
    }
    return in_kms_characters(json::serialize(in_order(root)));
}

}  // namespace keyferry::planner
