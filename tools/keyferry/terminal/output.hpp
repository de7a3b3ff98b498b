// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::cli {

/// Writes a command's answer to standard output and flushes it. Throws std::runtime_error when it
/// cannot be written whole (a closed pipe, a full disk): a cut answer must not look like one.
void write_stdout(std::string_view text);

/// Writes "keyferry: <text>" and a newline to standard error. What comes from outside (KMS's texts,
/// file names) has its control characters shown as \xNN, so that it cannot play with the terminal.
void log_message(std::string_view text);

/// `text` with control characters other than newline and tab as \xNN, those of Unicode's C1 block
/// included.
[[nodiscard]] std::string printable(std::string_view text);

/// As printable, with newlines and tabs as \xNN too: for a text from outside within a line.
[[nodiscard]] std::string printable_line(std::string_view text);

}  // namespace keyferry::cli
