// SPDX-License-Identifier: Apache-2.0
#include "io/json/json_string.hpp"

#include <cstddef>

namespace keyferry::io {
namespace {

void append_escaped(unsigned char byte, std::string& json) {
    switch (byte) {
        case '"':
            json += "\\\"";
            return;
        case '\\':
            json += "\\\\";
            return;
        case '\n':
            json += "\\n";
            return;
        case '\r':
            json += "\\r";
            return;
        case '\t':
            json += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    json += "\\u00";
    json += kDigits[byte >> 4U];
    json += kDigits[byte & 0xfU];
}

}  // namespace

void append_json_string(std::string_view text, std::string& json) {
    json += '"';
    // Policies are kilobytes with few quotes, so the text between them is copied in one piece.
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            json += text.substr(copied, at - copied);
            append_escaped(byte, json);
            copied = at + 1;
        }
    }
    json += text.substr(copied);
    json += '"';
}

}  // namespace keyferry::io
