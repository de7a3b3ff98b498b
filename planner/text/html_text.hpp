// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::planner {

/// `text` as it stands in HTML and SVG, between tags and within attributes in quotes, whoever wrote
/// it: no character of it is markup. Control characters, and those that turn the direction of
/// writing and could make a name read as another, become U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace keyferry::planner
