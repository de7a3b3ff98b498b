// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// These functions read the members of a record that the model has written. They throw
// std::exception if a member is missing or has another type.

namespace keyferry::simulator {

[[nodiscard]] inline std::string text_in(const boost::json::object& object, std::string_view name) {
    return std::string(std::string_view(object.at(name).as_string()));
}

/// nullopt if there is no such member.
[[nodiscard]] inline std::optional<std::string> optional_text_in(const boost::json::object& object,
                                                                 std::string_view name) {
    return object.contains(name) ? std::optional(text_in(object, name)) : std::nullopt;
}

/// nullopt if there is no such member.
[[nodiscard]] inline std::optional<std::int64_t> whole_in(const boost::json::object& object,
                                                          std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr ? std::optional(value->as_int64()) : std::nullopt;
}

}  // namespace keyferry::simulator
