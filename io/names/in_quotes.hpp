// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Longest part of a text that messages repeat.
inline constexpr std::size_t kQuotedBytesMax = 100;

/// `text` in single quotes, fit for one line of a message whoever wrote it: bytes that are not
/// printable ASCII appear as \xNN, and what is longer than kQuotedBytesMax ends in "...".
/// Not named "quoted": std::quoted would be found first for a std::string.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace keyferry::io
