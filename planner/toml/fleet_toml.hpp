// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/spec_node.hpp"

#include <optional>
#include <string_view>

namespace keyferry::planner {

/// Reads TOML 1.0. Nothing, and one complaint with its place, where `text` is not TOML (behind a
/// syntax error the rest cannot be read) or is beyond the bounds of toml_bounds.hpp.
[[nodiscard]] std::optional<SpecNode> parse_toml(std::string_view text, DiagnosticList& problems);

}  // namespace keyferry::planner
