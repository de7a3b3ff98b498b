// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::io {

/// A character of UTF-8 text.
struct Utf8Character {
    char32_t code_point = 0;  ///< for invalid UTF-8, the value of the byte
    std::size_t bytes = 1;    ///< for invalid UTF-8, 1
    bool is_valid = true;
};

/// Returns the first character of `text`, which must not be empty. Truncated sequences, overlong
/// forms, surrogates and code points above U+10FFFF are invalid.
[[nodiscard]] Utf8Character first_character(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Whether a byte of UTF-8 starts a character; continuation bytes have the form 10xxxxxx.
[[nodiscard]] constexpr bool starts_character(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

/// Returns the number of code points in UTF-8 text.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

/// Whether terminals may interpret a character as a control code: C0, DEL and C1 (U+0080 to
/// U+009F).
[[nodiscard]] constexpr bool is_control_character(char32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

}  // namespace keyferry::io
