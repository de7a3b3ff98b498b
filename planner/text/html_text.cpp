// SPDX-License-Identifier: Apache-2.0
#include "planner/text/html_text.hpp"

#include "io/names/utf8.hpp"

namespace keyferry::planner {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Whether a character must not be displayed: control characters other than newline and tab, marks
/// that change the direction of text, and invalid UTF-8.
bool is_undisplayable(const io::Utf8Character& character) {
    const char32_t code_point = character.code_point;
    const bool is_direction = code_point == 0x200e || code_point == 0x200f ||
                              (code_point >= 0x202a && code_point <= 0x202e) ||
                              (code_point >= 0x2066 && code_point <= 0x2069);
    return !character.is_valid || is_direction ||
           (io::is_control_character(code_point) && code_point != '\n' && code_point != '\t');
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    while (!text.empty()) {
        const io::Utf8Character character = io::first_character(text);
        if (is_undisplayable(character)) {
            html.append(kReplacement);
            text.remove_prefix(character.bytes);
            continue;
        }
        switch (text.front()) {
            case '&':
                html.append("&amp;");
                break;
            case '<':
                html.append("&lt;");
                break;
            case '>':
                html.append("&gt;");
                break;
            case '"':
                html.append("&quot;");
                break;
            case '\'':
                html.append("&#39;");
                break;
            default:
                html.append(text, 0, character.bytes);
        }
        text.remove_prefix(character.bytes);
    }
    return html;
}

}  // namespace keyferry::planner
