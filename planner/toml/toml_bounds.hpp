// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace keyferry::planner {

/// Maximum size of a fleet spec in bytes. Long key lists belong in a keys_file.
inline constexpr std::size_t kSpecBytesMax = std::size_t{8} << 20;
/// Maximum number of structural characters in a spec: [ { , = and . outside strings and comments.
/// Each can take up to 300 bytes of memory once parsed.
inline constexpr std::size_t kSpecStructuralCharactersMax = 150'000;
/// Maximum number of dots in one key. Each dot creates a table, and nested tables are parsed
/// recursively.
inline constexpr std::size_t kSpecKeyDotsMax = 16;

/// Returns the first reason not to pass `text` to the TOML parser, if any: it is far larger than
/// any real spec and could cost gigabytes of memory or exhaust the stack, or it contains
/// bidirectional control characters, which make editors and code reviews display text in a
/// different order. Recognizes only strings and comments, and reliably only up to the first syntax
/// error.
[[nodiscard]] std::optional<TextFinding> check_toml_bounds(std::string_view text);

}  // namespace keyferry::planner
