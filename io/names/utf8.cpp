// SPDX-License-Identifier: Apache-2.0
#include "io/names/utf8.hpp"

#include <algorithm>

namespace keyferry::io {

Utf8Character first_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t index) {
        return static_cast<unsigned char>(text[index]);
    };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    std::size_t bytes = 2;
    char32_t value = lead & 0x1fU;
    char32_t smallest = 0x80;
    if (lead >= 0xf0) {
        bytes = 4, value = lead & 0x07U, smallest = 0x10000;
    } else if (lead >= 0xe0) {
        bytes = 3, value = lead & 0x0fU, smallest = 0x800;
    }
    bool is_valid = lead >= 0xc0 && lead < 0xf8 && text.size() >= bytes;
    for (std::size_t index = 1; is_valid && index < bytes; ++index) {
        is_valid = !starts_character(text[index]);
        value = (value << 6U) | (byte(index) & 0x3fU);
    }
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    is_valid = is_valid && value >= smallest && value <= 0x10ffff && !is_surrogate;
    return is_valid ? Utf8Character{value, bytes, true} : Utf8Character{lead, 1, false};
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Utf8Character next = first_character(text);
        if (!next.is_valid) {
            return false;
        }
        text.remove_prefix(next.bytes);
    }
    return true;
}

std::size_t count_characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

}  // namespace keyferry::io
