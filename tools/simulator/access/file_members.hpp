// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

// Reads the members of the JSON files that configure the simulator. The functions throw
// std::runtime_error with a message that names the invalid member; parse_json_file() catches it.

namespace keyferry::simulator {

/// Returns `value` as an object. Rejects members that are not in `known`, which are probably typos
/// and would otherwise be ignored. `what` names the object in the error message.
[[nodiscard]] const boost::json::object& object_with(const boost::json::value& value,
                                                     std::string_view what,
                                                     std::initializer_list<std::string_view> known);

/// Returns the string member `name`, or `otherwise` if it is missing.
[[nodiscard]] std::string text_member(const boost::json::object& object,
                                      std::string_view name,
                                      std::string_view otherwise);

/// Returns the string member `name`, which must not be missing or empty.
[[nodiscard]] std::string required_text(const boost::json::object& object, std::string_view name);

/// Returns the list member `name`; an empty list if it is missing.
[[nodiscard]] const boost::json::array& list_member(const boost::json::object& object,
                                                    std::string_view name);

/// Parses a 12-digit account ID.
[[nodiscard]] io::AccountId account_in(std::string_view digits);

/// Parses a file and returns the result of `read` for its JSON value, or an error message.
template <typename Read>
[[nodiscard]] auto parse_json_file(std::string_view text, Read read)
    -> io::Parsed<decltype(read(std::declval<const boost::json::value&>()))> {
    boost::json::error_code error;
    const boost::json::value document =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
    if (error) {
        return io::ParseProblem{"invalid JSON: " + error.message()};
    }
    try {
        return read(document);
    } catch (const std::exception& problem) {
        return io::ParseProblem{problem.what()};
    }
}

}  // namespace keyferry::simulator
