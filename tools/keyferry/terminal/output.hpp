// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::cli {

/// Writes to standard output and flushes it. Throws std::runtime_error if not everything can be
/// written (closed pipe, full disk), so that truncated output does not pass for complete output.
void write_stdout(std::string_view text);

/// Writes "keyferry: <text>" and a newline to standard error. Control characters, which KMS's
/// messages and file names may contain, are written as \xNN so that they cannot affect the
/// terminal.
void log_message(std::string_view text);

/// The line that log_message() writes.
[[nodiscard]] std::string log_line(std::string_view text);

/// `text` with control characters (including Unicode's C1 block) as \xNN, except newline and tab.
[[nodiscard]] std::string printable(std::string_view text);

/// As printable(), with newlines and tabs as \xNN too: for external text within a line.
[[nodiscard]] std::string printable_line(std::string_view text);

}  // namespace keyferry::cli
