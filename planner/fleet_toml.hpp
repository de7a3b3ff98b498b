#pragma once

#include "planner/spec_node.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace keyferry {

/// Longest text of a fleet spec, in bytes. Long key lists belong into a keys_file.
inline constexpr std::size_t kSpecBytesMax = std::size_t{64} << 20;

/// Reads TOML 1.0. Nothing, and one complaint with its place, where `text` is not TOML: behind a
/// syntax error the rest cannot be read.
std::optional<SpecNode> parse_toml(std::string_view text, ProblemList& problems);

}  // namespace keyferry
