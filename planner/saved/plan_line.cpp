// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/plan_line.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace keyferry::planner {
namespace {

namespace json = boost::json;

std::size_t count_members(const json::value& value) {
    std::size_t count = 0;
    if (value.is_object()) {
        count = value.get_object().size();
        for (const auto& member : value.get_object()) {
            count += count_members(member.value());
        }
    } else if (value.is_array()) {
        for (const json::value& element : value.get_array()) {
            count += count_members(element);
        }
    }
    return count;
}

/// Counts the members in the JSON text `line`, that is, the colons outside strings. Unlike a
/// parser, counts repeated members each time.
std::size_t count_members_in_text(std::string_view line) {
    std::size_t count = 0;
    bool is_in_string = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (is_in_string && line[at] == '\\') {
            ++at;
        } else if (line[at] == '"') {
            is_in_string = !is_in_string;
        } else if (line[at] == ':' && !is_in_string) {
            ++count;
        }
    }
    return count;
}

/// Compares numbers with a tolerance, because Boost.JSON may round the last digit.
bool is_same(const json::value& a, const json::value& b) {
    constexpr double kRounding = 1e-12;
    if (a.is_double() && b.is_double()) {
        return std::abs(a.get_double() - b.get_double()) <= kRounding * std::abs(b.get_double());
    }
    if (a.kind() != b.kind()) {
        return false;
    }
    if (a.is_array()) {
        return std::equal(a.get_array().begin(),
                          a.get_array().end(),
                          b.get_array().begin(),
                          b.get_array().end(),
                          is_same);
    }
    if (!a.is_object()) {
        return a == b;
    }
    const json::object& members = a.get_object();
    return members.size() == b.get_object().size() &&
           std::all_of(members.begin(), members.end(), [&](const auto& member) {
               const json::value* other = b.get_object().if_contains(member.key());
               return other != nullptr && is_same(member.value(), *other);
           });
}

}  // namespace

bool is_equivalent_line(std::string_view ours, std::string_view written, bool is_end) {
    json::error_code error;
    json::value a = json::parse(ours, error);
    json::value b = json::parse(written);
    if (error || count_members(a) != count_members_in_text(ours)) {
        return false;
    }
    if (is_end && a.is_object()) {
        a.get_object().erase("checksum");
        b.get_object().erase("checksum");
    }
    return is_same(a, b);
}

}  // namespace keyferry::planner
