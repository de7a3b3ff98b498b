// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/key_policy.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::size_t kPolicyBytesMax = 32'768;
constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kStatementsMax = 1000;

KmsRefusal malformed(std::string text) {
    return {io::KmsErrorCode::malformed_policy_document, std::move(text)};
}

/// Matches an action name against a pattern with '*', ignoring case.
bool action_matches(std::string_view pattern, std::string_view action) {
    const std::size_t star = pattern.find('*');
    const std::string_view head = pattern.substr(0, star);
    if (head.size() > action.size()) {
        return false;
    }
    const bool head_equal =
        std::equal(head.begin(), head.end(), action.begin(), [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) ==
                   std::tolower(static_cast<unsigned char>(b));
        });
    if (!head_equal) {
        return false;
    }
    // Policies use at most one '*', at the end; any text after it is treated as matching.
    return star != std::string_view::npos || head.size() == action.size();
}

/// Whether `predicate` holds for the string `value`, or for at least one string in an array.
template <typename Predicate>
bool any_string(const json::value& value, Predicate predicate) {
    if (const json::string* text = value.if_string()) {
        return predicate(std::string_view(*text));
    }
    const json::array* list = value.if_array();
    return list != nullptr && std::any_of(list->begin(), list->end(), [&](const json::value& item) {
               const json::string* text = item.if_string();
               return text != nullptr && predicate(std::string_view(*text));
           });
}

bool names_account(const json::value& principal, std::string_view account) {
    const auto in_account = [account](std::string_view name) {
        return name == "*" || name == account ||
               name.find(fmt::format("::{}:", account)) != std::string_view::npos;
    };
    if (const json::object* kinds = principal.if_object()) {
        const json::value* aws = kinds->if_contains("AWS");
        return aws != nullptr && any_string(*aws, in_account);
    }
    return any_string(principal, in_account);
}

bool allows_put_key_policy(const json::object& statement, std::string_view account) {
    const json::value* effect = statement.if_contains("Effect");
    const json::value* principal = statement.if_contains("Principal");
    const json::value* action = statement.if_contains("Action");
    return effect != nullptr && effect->is_string() && effect->get_string() == "Allow" &&
           principal != nullptr && names_account(*principal, account) && action != nullptr &&
           any_string(*action, [](std::string_view pattern) {
               return action_matches(pattern, "kms:PutKeyPolicy");
           });
}

std::optional<KmsRefusal> check_statement(const json::value& value) {
    const json::object* statement = value.if_object();
    if (statement == nullptr) {
        return malformed("Syntax errors in policy.");
    }
    const json::value* effect = statement->if_contains("Effect");
    if (effect == nullptr || !effect->is_string() ||
        (effect->get_string() != "Allow" && effect->get_string() != "Deny")) {
        return malformed("Policy contains a statement with no or an invalid effect.");
    }
    if (!statement->contains("Principal") && !statement->contains("NotPrincipal")) {
        return malformed("Policy contains a statement with no principal.");
    }
    if (!statement->contains("Action") && !statement->contains("NotAction")) {
        return malformed("Policy contains a statement with no action.");
    }
    return std::nullopt;
}

std::optional<KmsRefusal> check_document(const json::value& document,
                                         std::string_view account,
                                         bool bypass_lockout_check) {
    const json::object* members = document.if_object();
    const json::value* statement = members ? members->if_contains("Statement") : nullptr;
    if (statement == nullptr) {
        return malformed("Syntax errors in policy.");
    }
    const json::array* list = statement->if_array();
    const std::size_t count = list ? list->size() : 1;
    if (count == 0 || count > kStatementsMax) {
        return malformed("Syntax errors in policy.");
    }
    bool can_be_changed = bypass_lockout_check;
    for (std::size_t i = 0; i < count; ++i) {
        const json::value& item = list ? (*list)[i] : *statement;
        if (auto refusal = check_statement(item)) {
            return refusal;
        }
        can_be_changed = can_be_changed || allows_put_key_policy(item.get_object(), account);
    }
    if (!can_be_changed) {
        return malformed(
            "The new key policy will not allow you to update the key policy in the future.");
    }
    return std::nullopt;
}

}  // namespace

std::string default_key_policy(std::string_view account, std::string_view partition) {
    return fmt::format(R"({{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{}:iam::{}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}})",
                       partition,
                       account);
}

std::optional<KmsRefusal> check_key_policy(std::string_view policy,
                                           std::string_view account,
                                           bool bypass_lockout_check) {
    if (policy.size() > kPolicyBytesMax) {
        return KmsRefusal(io::KmsErrorCode::limit_exceeded,
                          fmt::format("The key policy is longer than {} bytes.", kPolicyBytesMax));
    }
    constexpr std::size_t kBufferBytes = 8192;
    std::array<unsigned char, kBufferBytes> buffer;  // NOLINT: written before it is read
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::parse_options options;
    options.max_depth = kDepthMax;
    json::error_code error;
    const json::value document = json::parse(policy, error, &memory, options);
    if (error) {
        return malformed("Syntax errors in policy.");
    }
    return check_document(document, account, bypass_lockout_check);
}

}  // namespace keyferry::simulator
