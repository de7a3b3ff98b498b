// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::io {

/// Splits a credential_process command into the program and its arguments like a POSIX shell, but
/// supports only white space (also the line ends of a continued value), quotes and backslashes,
/// like Python's shlex. Variables, globs and pipes are not supported, because no shell is involved.
/// Text in single quotes is literal; in double quotes, a backslash escapes '"' and '\'. Fails if a
/// quote is unterminated, the command ends with a backslash, or the command is empty. The error
/// does not include the command, which may contain a password. Also splits the section headers of
/// the configuration file.
[[nodiscard]] Parsed<std::vector<std::string>> command_words(std::string_view command);

}  // namespace keyferry::io
