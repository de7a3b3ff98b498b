// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns `text`, for example a path, as one word of a command that a message shows, so that the
/// command can be copied to a shell: unchanged if no shell treats any of its bytes specially,
/// otherwise in single quotes. With control characters or invalid UTF-8 it is written as $'...'
/// with escapes, which bash, ksh and zsh understand, so that it is also safe for a terminal.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace keyferry::io
