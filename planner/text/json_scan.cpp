// SPDX-License-Identifier: Apache-2.0
#include "planner/text/json_scan.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cassert>

namespace keyferry::planner {

namespace {

/// Returns the offset after the closing quote of the string that starts at `offset`.
std::size_t end_of_string(std::string_view json, std::size_t offset) {
    assert(json.at(offset) == '"');
    for (++offset; json.at(offset) != '"'; ++offset) {
        if (json[offset] == '\\') {
            ++offset;
        }
    }
    return offset + 1;
}

/// Returns the offset after the value that starts at `offset`.
std::size_t end_of_value(std::string_view json, std::size_t offset) {
    std::size_t depth = 0;
    do {
        switch (json.at(offset)) {
            case '"':
                offset = end_of_string(json, offset);
                break;
            case '{':
            case '[':
                ++depth;
                ++offset;
                break;
            case '}':
            case ']':
                --depth;
                ++offset;
                break;
            case ',':
            case ':':
            case ' ':
            case '\t':
            case '\r':
            case '\n':
                ++offset;
                break;
            default:  // a number, true, false or null
                offset = std::min(json.find_first_of(",:]} \t\r\n", offset), json.size());
        }
    } while (depth > 0);
    return offset;
}

}  // namespace

std::size_t skip_json_space(std::string_view json, std::size_t offset) {
    return std::min(json.find_first_not_of(" \t\r\n", offset), json.size());
}

std::vector<JsonMember> json_members(std::string_view json, std::size_t offset) {
    assert(json.at(offset) == '{');
    std::vector<JsonMember> members;
    offset = skip_json_space(json, offset + 1);
    while (json.at(offset) != '}') {
        JsonMember member;
        member.name_offset = offset;
        member.name = json_string(json, offset);
        const std::size_t colon = skip_json_space(json, end_of_string(json, offset));
        member.value_offset = skip_json_space(json, colon + 1);
        offset = skip_json_space(json, end_of_value(json, member.value_offset));
        members.push_back(std::move(member));
        if (json.at(offset) == ',') {
            offset = skip_json_space(json, offset + 1);
        }
    }
    return members;
}

std::vector<std::size_t> json_elements(std::string_view json, std::size_t offset) {
    assert(json.at(offset) == '[');
    std::vector<std::size_t> elements;
    offset = skip_json_space(json, offset + 1);
    while (json.at(offset) != ']') {
        elements.push_back(offset);
        offset = skip_json_space(json, end_of_value(json, offset));
        if (json.at(offset) == ',') {
            offset = skip_json_space(json, offset + 1);
        }
    }
    return elements;
}

std::string json_string(std::string_view json, std::size_t offset) {
    const std::string_view token = json.substr(offset, end_of_string(json, offset) - offset);
    return std::string(boost::json::parse(token).as_string());
}

}  // namespace keyferry::planner
