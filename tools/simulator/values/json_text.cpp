// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/json_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace keyferry::simulator {

void append_json_string(std::string_view text, std::string& json) {
    json.push_back('"');
    for (const char character : text) {
        switch (character) {
            case '"':
                json.append("\\\"");
                break;
            case '\\':
                json.append("\\\\");
                break;
            case '\n':
                json.append("\\n");
                break;
            case '\r':
                json.append("\\r");
                break;
            case '\t':
                json.append("\\t");
                break;
            default:
                if (static_cast<unsigned char>(character) < ' ') {
                    fmt::format_to(
                        std::back_inserter(json), "\\u{:04x}", static_cast<unsigned>(character));
                } else {
                    json.push_back(character);
                }
        }
    }
    json.push_back('"');
}

}  // namespace keyferry::simulator
