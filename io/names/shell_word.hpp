// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns `text`, for example a path, as a single word of a shell command. Used for commands in
/// messages, so that users can copy them to a shell. If the text contains only bytes that are not
/// special in any shell, it is returned unchanged; otherwise, it is put in single quotes. If it
/// contains control characters or invalid UTF-8, it is written as $'...' with escapes, which bash,
/// ksh and zsh support, so that it is also safe to print to a terminal.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace keyferry::io
