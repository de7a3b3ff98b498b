// SPDX-License-Identifier: Apache-2.0
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <iterator>

namespace keyferry::io {

std::string in_quotes(std::string_view text) {
    const bool cut = text.size() > kQuotedBytesMax;
    std::string result = "'";
    for (const char c : text.substr(0, kQuotedBytesMax)) {
        if (c >= ' ' && c <= '~') {
            result += c;
        } else {
            fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    result += cut ? "...'" : "'";
    return result;
}

}  // namespace keyferry::io
