// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns the first line of `text`, truncated to `bytes_max` bytes, with everything that is not
/// printable ASCII replaced by '?'. Makes untrusted text safe to include in a message.
[[nodiscard]] std::string first_line(std::string_view text, std::size_t bytes_max);

}  // namespace keyferry::io
