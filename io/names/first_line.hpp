// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The first line of `text` in printable ASCII ('?' for everything else), at most `bytes_max` long:
/// fit for a message, whoever wrote it.
[[nodiscard]] std::string first_line(std::string_view text, std::size_t bytes_max);

}  // namespace keyferry::io
