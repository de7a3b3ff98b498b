// SPDX-License-Identifier: Apache-2.0
#include "planner/policy/policy_scope.hpp"

#include "io/names/lower_case.hpp"
#include "io/names/region.hpp"
#include "planner/text/glob.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>

namespace keyferry::planner {

namespace {

namespace json = boost::json;

/// Calls `visit` with every string of a value that is a string or an array of strings.
template <typename Visit>
void for_each_string(const json::value& value, Visit visit) {
    if (const json::string* text = value.if_string()) {
        visit(std::string_view(*text));
    } else if (const json::array* elements = value.if_array()) {
        for (const json::value& element : *elements) {
            for_each_string(element, visit);
        }
    }
}

/// Removes the part of `text` before the first `separator` and the separator, and returns the part.
std::string_view take_field(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

/// Extracts the Region from an ARN, a service host name ("s3.eu-west-1.amazonaws.com") or a Region
/// name. Outside ARNs, only known Regions are accepted, because a tag value may look like a
/// Region.
std::optional<std::string> region_in(std::string_view text) {
    if (text.starts_with("arn:")) {
        for (int skipped = 0; skipped < 3; ++skipped) {
            take_field(text, ':');
        }
        const std::string_view part = take_field(text, ':');
        return io::Region::parse(part) ? std::optional<std::string>(part) : std::nullopt;
    }
    while (!text.empty()) {
        const io::Parsed<io::Region> region = io::Region::parse(take_field(text, '.'));
        if (region && io::is_known_region(*region)) {
            return region->name();
        }
    }
    return std::nullopt;
}

void add_binding(std::string_view where, const json::value& names, PolicyScope& scope) {
    RegionBinding binding{std::string(where), {}};
    for_each_string(names, [&](std::string_view text) {
        if (std::optional<std::string> region = region_in(text)) {
            binding.regions.insert(*std::move(region));
        }
    });
    if (!binding.regions.empty()) {
        scope.bindings.push_back(std::move(binding));
    }
}

void read_bindings(const json::object& statement, PolicyScope& scope) {
    for (const std::string_view member : {"Resource", "NotResource"}) {
        if (const json::value* resources = statement.if_contains(member)) {
            add_binding(member, *resources, scope);
        }
    }
    const json::value* conditions = statement.if_contains("Condition");
    if (conditions == nullptr || !conditions->is_object()) {
        return;
    }
    for (const auto& [test, keys] : conditions->get_object()) {
        if (!keys.is_object()) {
            continue;
        }
        for (const auto& [key, values] : keys.get_object()) {
            const std::string name = io::lower_case(key);
            if (name != "kms:replicaregion" && name != "kms:primaryregion") {
                add_binding(key, values, scope);
            }
        }
    }
}

/// Returns whether an Allow statement covers `action`, given in lower case.
bool allows(const json::object& statement, std::string_view action) {
    const json::value* actions = statement.if_contains("Action");
    const json::value* others = statement.if_contains("NotAction");
    const json::value* listed = actions != nullptr ? actions : others;
    if (listed == nullptr) {
        return false;
    }
    bool is_listed = false;
    for_each_string(*listed, [&](std::string_view pattern) {
        is_listed = is_listed || matches_glob(action, io::lower_case(pattern));
    });
    return is_listed == (actions != nullptr);
}

/// Returns whether `principal` is the unique ID of a role or user: a four-letter prefix, then
/// capital letters and digits.
bool is_unique_id(std::string_view principal) {
    constexpr std::size_t kBytesMin = 16;
    constexpr std::size_t kBytesMax = 128;
    return principal.size() >= kBytesMin && principal.size() <= kBytesMax &&
           (principal.starts_with("AROA") || principal.starts_with("AIDA")) &&
           std::all_of(principal.begin(), principal.end(), [](unsigned char c) {
               return std::isupper(c) != 0 || std::isdigit(c) != 0;
           });
}

void read_deleted_principals(const json::object& statement, PolicyScope& scope) {
    for (const std::string_view member : {"Principal", "NotPrincipal"}) {
        const json::value* principal = statement.if_contains(member);
        const json::object* kinds = principal == nullptr ? nullptr : principal->if_object();
        const json::value* accounts = kinds == nullptr ? nullptr : kinds->if_contains("AWS");
        if (accounts != nullptr) {
            for_each_string(*accounts, [&](std::string_view text) {
                if (is_unique_id(text)) {
                    scope.deleted_principals.emplace(text);
                }
            });
        }
    }
}

void read_managers(const json::object& statement, PolicyScope& scope) {
    const json::value* principal = statement.if_contains("Principal");
    if (principal == nullptr) {
        scope.managers.emplace_back("*");  // NotPrincipal: everyone except those listed
        return;
    }
    const json::object* kinds = principal->if_object();
    const json::value* accounts = kinds == nullptr ? principal : kinds->if_contains("AWS");
    if (accounts != nullptr) {
        for_each_string(*accounts,
                        [&](std::string_view text) { scope.managers.emplace_back(text); });
    }
}

void read_statement(const json::value& value, PolicyScope& scope) {
    const json::object* statement = value.if_object();
    if (statement == nullptr) {
        return;
    }
    read_bindings(*statement, scope);
    read_deleted_principals(*statement, scope);
    const json::value* effect = statement->if_contains("Effect");
    if (effect == nullptr || *effect != "Allow") {
        return;
    }
    if (allows(*statement, "kms:putkeypolicy")) {
        read_managers(*statement, scope);
    }
    scope.allows_replicate_key |= allows(*statement, "kms:replicatekey");
    scope.allows_update_primary_region |= allows(*statement, "kms:updateprimaryregion");
}

}  // namespace

PolicyScope policy_scope(std::string_view policy) {
    PolicyScope scope;
    json::error_code failure;
    const json::value root = json::parse(policy, failure);
    const json::value* statements =
        failure || !root.is_object() ? nullptr : root.get_object().if_contains("Statement");
    if (statements == nullptr) {
        return scope;
    }
    if (const json::array* all = statements->if_array()) {
        for (const json::value& statement : *all) {
            read_statement(statement, scope);
        }
    } else {
        read_statement(*statements, scope);
    }
    return scope;
}

bool is_manageable_by(const PolicyScope& scope, const io::AccountId& account) {
    return std::any_of(scope.managers.begin(), scope.managers.end(), [&](std::string_view manager) {
        if (manager.starts_with("arn:")) {
            for (int skipped = 0; skipped < 4; ++skipped) {
                take_field(manager, ':');
            }
            manager = take_field(manager, ':');
        }
        return manager == "*" || manager == "{account}" || manager == account.digits();
    });
}

}  // namespace keyferry::planner
