// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// How the process writes its messages.
enum class LogStyle : std::uint8_t {
    text,  ///< "keyferry: <text>" on standard error
    /// One JSON object per line on standard error: {"level", "message"}, where `level` is "info",
    /// "warning" or "error". Standard output receives exactly one JSON object.
    json,
};

/// Returns the style that the arguments of main() ask for: json with --json or --format json. Usage
/// errors are known before the options are parsed, so this reads the arguments themselves.
[[nodiscard]] LogStyle log_style_of(int argc, const char* const* argv) noexcept;

/// Sets the style for the whole process and forgets earlier output. Call this first.
void set_log_style(LogStyle style) noexcept;
[[nodiscard]] LogStyle log_style() noexcept;

/// Returns `json` as valid UTF-8: an invalid byte, which may occur in file names, becomes "\\xNN"
/// in its string, as in messages.
[[nodiscard]] std::string valid_json(std::string_view json);

/// Writes to standard output and flushes it; in the style json, as valid_json(). Throws
/// std::runtime_error if the text cannot be written completely (closed pipe, full disk), so that
/// truncated output is not mistaken for complete output.
void write_stdout(std::string_view text);

/// States that standard output has received something from another function than write_stdout().
void note_stdout_used() noexcept;

/// Writes a message to standard error, on one line in the style json. The text is made safe for the
/// terminal (io::terminal_text). It is a warning if it begins with "WARNING: ".
void log_message(std::string_view text);

/// The same for the reason why the command fails.
void log_error(std::string_view text);

/// Returns the line that log_message() writes.
[[nodiscard]] std::string log_line(std::string_view text);

/// Returns {"error": {"code", "message"}} with a line feed: what standard output receives in the
/// style json from a command that fails before it writes its report.
[[nodiscard]] std::string error_object(int exit_code, std::string_view message);

/// Whether standard output still lacks its object in the style json. Can be called from a signal
/// handler.
[[nodiscard]] bool lacks_json_output() noexcept;

/// Ends the output of a command with this exit code: if it failed and lacks_json_output(), writes
/// the error object with all messages of log_error(). If there are none, it contains the last
/// message of log_message() or the meaning of the exit code. Ignores errors, because there is no
/// other place to report them.
void finish_output(int exit_code);

}  // namespace keyferry::cli
