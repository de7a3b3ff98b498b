// SPDX-License-Identifier: Apache-2.0
#include "planner/text/html_text.hpp"

#include <cstddef>

namespace keyferry::planner {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Length in bytes of the first character of `text` if it must not be displayed; 0 otherwise.
std::size_t undisplayable_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < 0x20U) {
        return byte(0) == '\n' || byte(0) == '\t' ? 0 : 1;
    }
    if (byte(0) == 0x7fU) {
        return 1;
    }
    if (byte(0) == 0xc2U && byte(1) >= 0x80U && byte(1) <= 0x9fU) {  // U+0080 to U+009F
        return 2;
    }
    const bool is_direction =
        byte(0) == 0xe2U && ((byte(1) == 0x80U && ((byte(2) >= 0xaaU && byte(2) <= 0xaeU) ||
                                                   byte(2) == 0x8eU || byte(2) == 0x8fU)) ||
                             (byte(1) == 0x81U && byte(2) >= 0xa6U && byte(2) <= 0xa9U));
    return is_direction ? 3 : 0;
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    while (!text.empty()) {
        if (const std::size_t bytes = undisplayable_bytes(text)) {
            html.append(kReplacement);
            text.remove_prefix(bytes);
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
                html.push_back(text.front());
        }
        text.remove_prefix(1);
    }
    return html;
}

}  // namespace keyferry::planner
