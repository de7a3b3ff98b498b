// SPDX-License-Identifier: Apache-2.0
#include "io/names/shell_word.hpp"

#include "io/names/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace keyferry::io {

namespace {

constexpr std::string_view kPlainMarks = "%+,-./:=@_";

/// Whether the byte has no special meaning in any shell at any position in a word.
bool is_plain(char byte) noexcept {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || kPlainMarks.find(byte) != std::string_view::npos;
}

std::string with_escapes(std::string_view text) {
    std::string word = "$'";
    for (const char byte : text) {
        if (byte == '\'' || byte == '\\') {
            word += '\\';
            word += byte;
        } else if (byte >= ' ' && byte <= '~') {
            word += byte;
        } else {
            // An octal escape has a fixed length of three digits, unlike \x in zsh and ksh.
            fmt::format_to(std::back_inserter(word), "\\{:03o}", static_cast<unsigned char>(byte));
        }
    }
    return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
        return std::string(text);
    }
    if (has_control_characters(text)) {
        return with_escapes(text);
    }
    std::string word = "'";
    for (const char byte : text) {
        if (byte == '\'') {
            word += R"('\'')";
        } else {
            word += byte;
        }
    }
    return word + "'";
}

}  // namespace keyferry::io
