// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace keyferry::planner {

/// Maximum size of a key list in bytes: kFleetKeysMax ARNs plus comments.
inline constexpr std::size_t kKeysFileBytesMax = std::size_t{256} << 20;

/// A key in a key list.
struct KeyLine {
    std::string_view key;  ///< not checked
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

/// Passes each key in `text` to `visit` until it returns false. A key list, such as a keys_file,
/// has one key ID or key ARN per line; '#' starts a comment, and empty lines are ignored.
void for_each_key_line(std::string_view text, const std::function<bool(const KeyLine&)>& visit);

}  // namespace keyferry::planner
