// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/identities_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

/// Rejects members that are not in `known`, which would otherwise be ignored silently: they are
/// typing errors.
const json::object& object_with(const json::value& value,
                                std::string_view what,
                                std::initializer_list<std::string_view> known) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
        throw std::runtime_error(fmt::format("{} must be an object", what));
    }
    for (const auto& member : *object) {
        const std::string_view name = member.key();
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw std::runtime_error(fmt::format("{} has an unknown member \"{}\"", what, name));
        }
    }
    return *object;
}

std::string text_of(const json::object& object, std::string_view name, std::string_view otherwise) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        return std::string(otherwise);
    }
    if (!value->is_string()) {
        throw std::runtime_error(fmt::format("\"{}\" must be a string", name));
    }
    return std::string(std::string_view(value->get_string()));
}

std::string required(const json::object& object, std::string_view name) {
    std::string text = text_of(object, name, "");
    if (text.empty()) {
        throw std::runtime_error(fmt::format("\"{}\" is missing or empty", name));
    }
    return text;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    const json::value* value = object.if_contains(name);
    const json::array* list = value != nullptr ? value->if_array() : nullptr;
    if (list == nullptr) {
        throw std::runtime_error(fmt::format("\"{}\" must be a list of patterns", name));
    }
    for (const json::value& item : *list) {
        if (!item.is_string()) {
            throw std::runtime_error(fmt::format("\"{}\" must be a list of patterns", name));
        }
        texts.emplace_back(std::string_view(item.get_string()));
    }
    return texts;
}

Permissions permissions_of(const json::object& object) {
    const json::value* allow = object.if_contains("allow");
    if (allow == nullptr) {
        return {};
    }
    if (!allow->is_array()) {
        throw std::runtime_error("\"allow\" must be a list");
    }
    std::vector<Permission> permissions;
    for (const json::value& item : allow->get_array()) {
        const json::object& each = object_with(item, "an \"allow\"", {"actions", "regions"});
        permissions.push_back(Permission{
            texts_of(each, "actions"),
            each.contains("regions") ? texts_of(each, "regions") : std::vector<std::string>{"*"}});
    }
    return Permissions(std::move(permissions));
}

io::AccountId account_of(const json::object& object, const io::AccountId& otherwise) {
    const auto account = io::AccountId::parse(text_of(object, "account", otherwise.digits()));
    if (!account) {
        throw std::runtime_error(account.error().text);
    }
    return *account;
}

const json::array& list_of(const json::object& object, std::string_view name) {
    static const json::array kNone;
    const json::value* value = object.if_contains(name);
    if (value != nullptr && !value->is_array()) {
        throw std::runtime_error(fmt::format("\"{}\" must be a list", name));
    }
    return value != nullptr ? value->get_array() : kNone;
}

std::size_t add_all(const json::value& document, const io::AccountId& account, Callers& callers) {
    const json::object& file = object_with(document, "the file", {"identities", "roles"});
    for (const json::value& item : list_of(file, "identities")) {
        const json::object& each = object_with(
            item,
            "an identity",
            {"access_key_id", "secret_access_key", "session_token", "account", "name", "allow"});
        SimulatorIdentity identity(required(each, "access_key_id"),
                                   io::Secret(required(each, "secret_access_key")),
                                   account_of(each, account));
        identity.session_token = io::Secret(text_of(each, "session_token", ""));
        identity.name = text_of(each, "name", "user/" + identity.access_key_id);
        identity.permissions = permissions_of(each);
        callers.add(std::move(identity));
    }
    for (const json::value& item : list_of(file, "roles")) {
        const json::object& each =
            object_with(item, "a role", {"name", "account", "external_id", "web_token", "allow"});
        callers.add(SimulatorRole{account_of(each, account),
                                  required(each, "name"),
                                  text_of(each, "external_id", ""),
                                  text_of(each, "web_token", ""),
                                  permissions_of(each)});
    }
    return list_of(file, "identities").size() + list_of(file, "roles").size();
}

}  // namespace

io::Parsed<std::size_t> add_identities(std::string_view text,
                                       const io::AccountId& account,
                                       Callers& callers) {
    json::error_code error;
    const json::value document = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) {
        return io::ParseProblem{"invalid JSON: " + error.message()};
    }
    try {
        return add_all(document, account, callers);
    } catch (const std::exception& problem) {
        return io::ParseProblem{problem.what()};
    }
}

}  // namespace keyferry::simulator
