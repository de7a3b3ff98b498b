// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace keyferry::planner {

/// Longest text of a fleet spec, in bytes. Long key lists belong into a keys_file.
inline constexpr std::size_t kSpecBytesMax = std::size_t{8} << 20;
/// Signs of structure in a spec: each of [ { , = and . outside strings and comments. Read, each
/// takes up to 300 bytes of memory, whatever stands between them.
inline constexpr std::size_t kSpecStructuralCharactersMax = 150'000;
/// Dots in one key: it makes a table for each, and tables in tables are read by recursion.
inline constexpr std::size_t kSpecKeyDotsMax = 16;

/// The first thing in `text` for which the TOML parser is not to be asked: a spec that is larger
/// than any real one, which would take it gigabytes or its whole stack, and characters that make an
/// editor or a review show the text in another order than it is read in. Follows TOML's strings and
/// comments up to the first syntax error, and no further than needed.
[[nodiscard]] std::optional<TextFinding> check_toml_bounds(std::string_view text);

}  // namespace keyferry::planner
