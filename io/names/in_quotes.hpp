// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The maximum number of bytes of a text that messages quote.
inline constexpr std::size_t kQuotedBytesMax = 100;

/// Returns `text` in single quotes, safe to include in a one-line message even if the text is
/// untrusted: bytes that are not printable ASCII are written as \xNN, and text beyond
/// kQuotedBytesMax is replaced by "...". The function is not named "quoted", because
/// argument-dependent lookup would find std::quoted for a std::string.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace keyferry::io
