// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Escapes `text` for HTML and SVG, both between tags and in quoted attributes. Safe for untrusted
/// input: no character of the result is markup. Control characters and bidirectional formatting
/// characters, which could disguise a name, become U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace keyferry::planner
