// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

// Where things stand in a JSON text. Boost.JSON says whether a text is JSON and what its values
// are, but not where; complaints need to say where. These functions take texts that Boost.JSON has
// accepted: they look for ends only and check nothing. `offset` is that of a value's first byte.

struct JsonMember {
    std::string name;
    std::size_t name_offset = 0;
    std::size_t value_offset = 0;
};

/// The first byte at or behind `offset` that is not white space.
[[nodiscard]] std::size_t skip_json_space(std::string_view json, std::size_t offset);

/// The members of the object at `offset`, as written (a name may come twice).
[[nodiscard]] std::vector<JsonMember> json_members(std::string_view json, std::size_t offset);

/// The offsets of the elements of the array at `offset`.
[[nodiscard]] std::vector<std::size_t> json_elements(std::string_view json, std::size_t offset);

/// The string value at `offset`, its escapes resolved.
[[nodiscard]] std::string json_string(std::string_view json, std::size_t offset);

}  // namespace keyferry::planner
