// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Parses application/x-www-form-urlencoded text. If a name is repeated, its last value is kept.
/// Invalid escape sequences are kept unchanged.
[[nodiscard]] std::map<std::string, std::string, std::less<>> form_pairs(std::string_view text);

/// Escapes `text` for the content of an XML element.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace keyferry::simulator
