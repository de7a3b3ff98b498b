// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/spec_node.hpp"

#include <optional>
#include <string_view>

namespace keyferry::planner {

/// Parses TOML 1.0. If `text` is not valid TOML or exceeds the limits in toml_bounds.hpp, reports
/// one error with its position and returns nullopt. (The text after a syntax error cannot be
/// parsed.)
[[nodiscard]] std::optional<SpecNode> parse_toml(std::string_view text, DiagnosticList& problems);

}  // namespace keyferry::planner
