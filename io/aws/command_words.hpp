// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::io {

/// Splits the command of a credential_process into the program and its arguments as a POSIX shell
/// would that knows blanks, quotes and backslashes, and nothing else: no variables, no globs, no
/// pipes, since no shell runs it. In single quotes all is literal; in double quotes a backslash
/// escapes '"' and itself. A problem for a quote that is not closed, a backslash at the end, and a
/// command without a word; its text does not repeat the command, which may hold a password.
[[nodiscard]] Parsed<std::vector<std::string>> command_words(std::string_view command);

}  // namespace keyferry::io
