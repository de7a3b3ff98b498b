// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The pairs of an application/x-www-form-urlencoded text; of several with one name the last. What
/// is no escape stays as it is.
[[nodiscard]] std::map<std::string, std::string, std::less<>> form_pairs(std::string_view text);

/// Text for the inside of an XML element.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace keyferry::simulator
