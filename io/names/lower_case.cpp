// SPDX-License-Identifier: Apache-2.0
#include "io/names/lower_case.hpp"

namespace keyferry::io {

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return result;
}

}  // namespace keyferry::io
