// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/form_text.hpp"

#include <charconv>
#include <system_error>

namespace keyferry::simulator {

namespace {

std::string unescaped(std::string_view text) {
    constexpr int kHexadecimal = 16;
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            plain.push_back(' ');
            continue;
        }
        if (text[i] == '%' && i + 2 < text.size()) {
            unsigned value = 0;
            const char* const begin = text.data() + i + 1;
            const auto [rest, error] = std::from_chars(begin, begin + 2, value, kHexadecimal);
            if (error == std::errc{} && rest == begin + 2) {
                plain.push_back(static_cast<char>(value));
                i += 2;
                continue;
            }
        }
        plain.push_back(text[i]);
    }
    return plain;
}

}  // namespace

std::map<std::string, std::string, std::less<>> form_pairs(std::string_view text) {
    std::map<std::string, std::string, std::less<>> pairs;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(pair.size() == text.size() ? pair.size() : pair.size() + 1);
        const std::size_t equals = pair.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        pairs.insert_or_assign(unescaped(pair.substr(0, equals)), unescaped(value));
    }
    return pairs;
}

std::string xml_text(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            default:
                // XML does not allow other control characters at all.
                escaped.push_back(c < ' ' && c >= '\0' && c != '\n' && c != '\t' ? '?' : c);
        }
    }
    return escaped;
}

}  // namespace keyferry::simulator
