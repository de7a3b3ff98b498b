// SPDX-License-Identifier: Apache-2.0
#include "planner/policy/policy_meaning.hpp"

#include "planner/policy/canonical_policy.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace keyferry::planner {

namespace {

namespace json = boost::json;

constexpr std::string_view kRoot = ":root";
constexpr std::size_t kAccountDigits = 12;

/// Returns "111122223333" for "arn:aws:iam::111122223333:root", and any other text unchanged.
std::string principal_meaning(std::string_view principal) {
    const std::size_t service = principal.find(":iam::");
    if (!principal.starts_with("arn:") || service == std::string_view::npos ||
        !principal.ends_with(kRoot)) {
        return std::string(principal);
    }
    const std::size_t begin = service + std::string_view(":iam::").size();
    const std::string_view account =
        principal.substr(begin, principal.size() - kRoot.size() - begin);
    const bool is_account =
        account.size() == kAccountDigits &&
        std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
    return std::string(is_account ? account : principal);
}

std::string lower_case_action(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

/// Applies `meaning` to every string in `value`, recursively, and unwraps one-element string lists.
template <typename Meaning>
json::value simplified(const json::value& value, const Meaning& meaning) {
    if (value.is_string()) {
        return json::value(meaning(std::string_view(value.get_string())));
    }
    if (const json::array* array = value.if_array()) {
        json::array elements;
        for (const json::value& element : *array) {
            elements.push_back(simplified(element, meaning));
        }
        return elements.size() == 1 && elements.front().is_string() ? elements.front()
                                                                    : json::value(elements);
    }
    if (const json::object* object = value.if_object()) {
        json::object members;
        for (const auto& member : *object) {
            members.emplace(member.key(), simplified(member.value(), meaning));
        }
        return members;
    }
    return value;
}

json::object statement_meaning(const json::object& statement) {
    json::object meaning;
    for (const auto& member : statement) {
        const std::string_view name = member.key();
        json::value value;
        if (name == "Principal" || name == "NotPrincipal") {
            value = simplified(member.value(), principal_meaning);
        } else if (name == "Action" || name == "NotAction") {
            value = simplified(member.value(), lower_case_action);
        } else {
            value =
                simplified(member.value(), [](std::string_view text) { return std::string(text); });
        }
        meaning.emplace(name, std::move(value));
    }
    return meaning;
}

}  // namespace

std::string policy_meaning(std::string_view policy) {
    const std::optional<std::string> canonical = canonical_policy(policy);
    if (!canonical) {
        return std::string(policy);
    }
    json::object root = json::parse(*canonical).as_object();
    if (json::value* statements = root.if_contains("Statement")) {
        json::array meanings;
        const json::array* list = statements->if_array();
        const json::array one = list != nullptr ? json::array() : json::array{*statements};
        for (const json::value& statement : list != nullptr ? *list : one) {
            meanings.push_back(statement.is_object()
                                   ? json::value(statement_meaning(statement.get_object()))
                                   : statement);
        }
        *statements = std::move(meanings);
    }
    return canonical_policy(json::serialize(root)).value_or(*canonical);
}

}  // namespace keyferry::planner
