// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

// Finds positions in JSON text. Boost.JSON validates a text and yields its values but not their
// positions, which diagnostics need. These functions accept only text that Boost.JSON has already
// parsed successfully: they find where values begin and end and validate nothing. `offset` is the
// position of a value's first byte.

struct JsonMember {
    std::string name;
    std::size_t name_offset = 0;
    std::size_t value_offset = 0;
};

/// Returns the position of the first byte at or after `offset` that is not whitespace.
[[nodiscard]] std::size_t skip_json_space(std::string_view json, std::size_t offset);

/// Returns the members of the object at `offset` in source order, duplicate names included.
[[nodiscard]] std::vector<JsonMember> json_members(std::string_view json, std::size_t offset);

/// Returns the offsets of the elements of the array at `offset`.
[[nodiscard]] std::vector<std::size_t> json_elements(std::string_view json, std::size_t offset);

/// Returns the string value at `offset` with its escapes decoded.
[[nodiscard]] std::string json_string(std::string_view json, std::size_t offset);

}  // namespace keyferry::planner
