// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/identities_file.hpp"

#include "io/names/duration_text.hpp"
#include "tools/simulator/access/file_members.hpp"
#include "tools/simulator/policy/policy_document.hpp"
#include "tools/simulator/values/time_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

/// Returns the patterns in a list. Invalid patterns are detected later, in the resulting policy.
json::value patterns_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    const json::array* list = value != nullptr ? value->if_array() : nullptr;
    if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const auto& each) {
            return each.is_string();
        })) {
        throw std::runtime_error(fmt::format("\"{}\" must be a list of patterns", name));
    }
    return *list;
}

/// Converts the short form of a statement: {"actions": ["kms:Describe*"], "regions": ["eu-*"]}.
json::value statement_of(const json::value& item) {
    const json::object& each = object_with(item, "an item of \"allow\"", {"actions", "regions"});
    json::object statement{
        {"Effect", "Allow"}, {"Action", patterns_of(each, "actions")}, {"Resource", "*"}};
    if (each.contains("regions")) {
        statement["Condition"] = json::object{
            {"StringLike", json::object{{"aws:RequestedRegion", patterns_of(each, "regions")}}}};
    }
    return statement;
}

PolicyDocument document_of(const json::value& value) {
    auto document = parse_policy(value, PolicyKind::identity);
    if (!document) {
        throw std::runtime_error(fmt::format("invalid IAM policy: {}", document.error().text));
    }
    return *std::move(document);
}

/// Parses one IAM policy or a list of policies.
std::shared_ptr<const PolicyDocuments> documents_of(const json::value& value) {
    PolicyDocuments documents;
    if (const json::array* list = value.if_array()) {
        for (const json::value& each : *list) {
            documents.push_back(document_of(each));
        }
    } else {
        documents.push_back(document_of(value));
    }
    return std::make_shared<const PolicyDocuments>(std::move(documents));
}

/// Returns the policies in `policy` or `allow`; null if both are missing.
std::shared_ptr<const PolicyDocuments> policies_of(const json::object& object) {
    const json::value* policy = object.if_contains("policy");
    const json::value* allow = object.if_contains("allow");
    if (policy != nullptr && allow != nullptr) {
        throw std::runtime_error("\"policy\" and \"allow\" cannot be combined");
    }
    if (policy != nullptr) {
        return documents_of(*policy);
    }
    if (allow == nullptr) {
        return nullptr;
    }
    if (!allow->is_array()) {
        throw std::runtime_error("\"allow\" must be a list");
    }
    json::array statements;
    for (const json::value& item : allow->get_array()) {
        statements.push_back(statement_of(item));
    }
    return statements.empty() ? std::make_shared<const PolicyDocuments>()
                              : documents_of(json::object{{"Statement", std::move(statements)}});
}

std::vector<std::pair<std::string, std::string>> context_of(const json::object& object) {
    std::vector<std::pair<std::string, std::string>> context;
    const json::value* value = object.if_contains("context");
    if (value == nullptr) {
        return context;
    }
    const json::object* keys = value->if_object();
    if (keys == nullptr) {
        throw std::runtime_error("\"context\" must be an object");
    }
    for (const auto& key : *keys) {
        context.emplace_back(key.key(), text_member(*keys, key.key(), ""));
    }
    return context;
}

io::AccountId account_of(const json::object& object, const io::AccountId& otherwise) {
    return account_in(text_member(object, "account", otherwise.digits()));
}

void check_identity_name(const SimulatorIdentity& identity) {
    // arn() removes the path of a role from the name of its session.
    if (!is_aws_principal(identity.arn("aws"))) {
        throw std::runtime_error(fmt::format(
            "the name \"{}\" must be user/NAME, assumed-role/ROLE/SESSION or root", identity.name));
    }
}

/// Rejects a second identity or role with the same name, which would replace the first or be
/// ignored.
void check_is_new(const std::string& name, std::set<std::string>& names) {
    if (!names.insert(name).second) {
        throw std::runtime_error(fmt::format("\"{}\" is defined twice", name));
    }
}

void add_identity(const json::value& item,
                  const io::AccountId& account,
                  std::set<std::string>& names,
                  Callers& callers) {
    const json::object& each = object_with(item,
                                           "an identity",
                                           {"access_key_id",
                                            "secret_access_key",
                                            "session_token",
                                            "account",
                                            "name",
                                            "allow",
                                            "policy",
                                            "context"});
    SimulatorIdentity identity(required_text(each, "access_key_id"),
                               io::Secret(required_text(each, "secret_access_key")),
                               account_of(each, account));
    identity.session_token = io::Secret(text_member(each, "session_token", ""));
    identity.name = text_member(each, "name", "user/" + identity.access_key_id);
    check_identity_name(identity);
    identity.policies = policies_of(each);
    identity.context = context_of(each);
    check_is_new(identity.access_key_id, names);
    callers.add(std::move(identity));
}

void add_role(const json::value& item,
              const io::AccountId& account,
              std::set<std::string>& names,
              Callers& callers) {
    const json::object& each =
        object_with(item,
                    "a role",
                    {"name", "account", "external_id", "web_token", "allow", "policy", "context"});
    const io::AccountId own = account_of(each, account);
    std::string name = required_text(each, "name");
    const std::string arn = fmt::format("arn:aws:iam::{}:role/{}", own.digits(), name);
    if (!is_aws_principal(arn)) {
        throw std::runtime_error(fmt::format("\"{}\" is not the name of a role", name));
    }
    check_is_new(arn, names);
    callers.add(SimulatorRole{own,
                              std::move(name),
                              text_member(each, "external_id", ""),
                              text_member(each, "web_token", ""),
                              policies_of(each),
                              context_of(each)});
}

std::chrono::nanoseconds time_of(const json::object& object, std::string_view name) {
    const auto time = io::parse_duration(text_member(object, name, "0s"));
    if (!time) {
        throw std::runtime_error(fmt::format("\"{}\": {}", name, time.error().text));
    }
    if (*time > kTimeAdvanceMax) {
        throw std::runtime_error(
            fmt::format("\"{}\" is longer than {}h", name, kTimeAdvanceMax.count()));
    }
    return *time;
}

KnownPrincipal principal_of(const json::value& item) {
    KnownPrincipal principal;
    if (const json::string* arn = item.if_string()) {
        principal.arn = std::string_view(*arn);
    } else {
        const json::object& each =
            object_with(item, "a principal", {"arn", "exists_after", "exists_until"});
        principal.arn = required_text(each, "arn");
        principal.exists_after = time_of(each, "exists_after");
        if (each.contains("exists_until")) {
            principal.exists_until = time_of(each, "exists_until");
        }
    }
    if (!is_aws_principal(principal.arn)) {
        throw std::runtime_error(fmt::format("\"{}\" is not a principal", principal.arn));
    }
    return principal;
}

void add_managed_policies(const json::value& value, Callers& callers) {
    const json::object* policies = value.if_object();
    if (policies == nullptr) {
        throw std::runtime_error("\"managed_policies\" must be an object");
    }
    for (const auto& policy : *policies) {
        callers.add_managed_policy(policy.key(), document_of(policy.value()));
    }
}

IdentitiesFile add_all(const json::value& document,
                       const io::AccountId& account,
                       Callers& callers) {
    const json::object& file = object_with(
        document,
        "the file",
        {"identities", "roles", "service_control_policies", "managed_policies", "principals"});
    IdentitiesFile added;
    std::set<std::string> names;
    for (const json::value& item : list_member(file, "identities")) {
        add_identity(item, account, names, callers);
        ++added.identities;
    }
    for (const json::value& item : list_member(file, "roles")) {
        add_role(item, account, names, callers);
        ++added.identities;
    }
    if (const json::value* policies = file.if_contains("service_control_policies")) {
        callers.set_service_control_policies(documents_of(*policies));
    }
    if (const json::value* policies = file.if_contains("managed_policies")) {
        add_managed_policies(*policies, callers);
    }
    for (const json::value& item : list_member(file, "principals")) {
        added.principals.push_back(principal_of(item));
    }
    return added;
}

}  // namespace

io::Parsed<IdentitiesFile> add_identities(std::string_view text,
                                          const io::AccountId& account,
                                          Callers& callers) {
    return parse_json_file(
        text, [&](const json::value& document) { return add_all(document, account, callers); });
}

}  // namespace keyferry::simulator
