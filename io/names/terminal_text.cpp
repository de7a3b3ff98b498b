// SPDX-License-Identifier: Apache-2.0
#include "io/names/terminal_text.hpp"

#include "io/names/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace keyferry::io {
namespace {

bool is_unsafe(const Utf8Character& character) noexcept {
    return !character.is_valid || is_control_character(character.code_point);
}

std::string escaped(std::string_view text, std::string_view kept) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = first_character(text);
        if (is_unsafe(character) && kept.find(text.front()) == std::string_view::npos) {
            fmt::format_to(std::back_inserter(result),
                           "\\x{:02x}",
                           static_cast<std::uint32_t>(character.code_point));
        } else {
            result.append(text, 0, character.bytes);
        }
        text.remove_prefix(character.bytes);
    }
    return result;
}

}  // namespace

std::string terminal_text(std::string_view text) {
    return escaped(text, "\n\t");
}

std::string terminal_line(std::string_view text) {
    return escaped(text, "");
}

bool has_control_characters(std::string_view text) noexcept {
    while (!text.empty()) {
        const Utf8Character character = first_character(text);
        if (is_unsafe(character)) {
            return true;
        }
        text.remove_prefix(character.bytes);
    }
    return false;
}

}  // namespace keyferry::io
