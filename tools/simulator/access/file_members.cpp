// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/file_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace keyferry::simulator {

namespace json = boost::json;

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

std::string text_member(const json::object& object,
                        std::string_view name,
                        std::string_view otherwise) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        return std::string(otherwise);
    }
    if (!value->is_string()) {
        throw std::runtime_error(fmt::format("\"{}\" must be a string", name));
    }
    return std::string(std::string_view(value->get_string()));
}

std::string required_text(const json::object& object, std::string_view name) {
    std::string text = text_member(object, name, "");
    if (text.empty()) {
        throw std::runtime_error(fmt::format("\"{}\" is missing or empty", name));
    }
    return text;
}

const json::array& list_member(const json::object& object, std::string_view name) {
    static const json::array kNone;
    const json::value* value = object.if_contains(name);
    if (value != nullptr && !value->is_array()) {
        throw std::runtime_error(fmt::format("\"{}\" must be a list", name));
    }
    return value != nullptr ? value->get_array() : kNone;
}

io::AccountId account_in(std::string_view digits) {
    const auto account = io::AccountId::parse(digits);
    if (!account) {
        throw std::runtime_error(account.error().text);
    }
    return *account;
}

}  // namespace keyferry::simulator
