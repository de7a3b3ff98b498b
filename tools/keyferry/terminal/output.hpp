// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::cli {

/// Writes to standard output and flushes it. Throws std::runtime_error if the text cannot be
/// written completely (closed pipe, full disk), so that truncated output is not mistaken for
/// complete output.
void write_stdout(std::string_view text);

/// Writes "keyferry: <text>" and a newline to standard error. The text is made safe for the
/// terminal (io::terminal_text).
void log_message(std::string_view text);

/// Returns the line that log_message() writes.
[[nodiscard]] std::string log_line(std::string_view text);

}  // namespace keyferry::cli
