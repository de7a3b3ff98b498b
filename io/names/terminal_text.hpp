// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Makes `text` safe for a terminal: control characters (see is_control_character) and invalid
/// UTF-8 are written as \xNN. They may occur in KMS's messages and in file names. Newlines and tabs
/// are kept.
[[nodiscard]] std::string terminal_text(std::string_view text);

/// Like terminal_text(), but also replaces newlines and tabs: for untrusted text within a line.
[[nodiscard]] std::string terminal_line(std::string_view text);

/// Whether terminal_line() would change `text`.
[[nodiscard]] bool has_control_characters(std::string_view text) noexcept;

}  // namespace keyferry::io
