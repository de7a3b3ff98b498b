// SPDX-License-Identifier: Apache-2.0
#include "io/names/first_line.hpp"

#include <algorithm>

namespace keyferry::io {

std::string first_line(std::string_view text, std::size_t bytes_max) {
    text = text.substr(0, text.find_first_of("\r\n"));
    std::string result(text.substr(0, bytes_max));
    std::replace_if(
        result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return result;
}

}  // namespace keyferry::io
