// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/spec_node.hpp"

#include <optional>
#include <string_view>

namespace keyferry::planner {

/// Parses TOML 1.0. Returns nullopt after reporting one positioned error if `text` is not valid
/// TOML (the text after a syntax error cannot be parsed) or exceeds the limits in toml_bounds.hpp.
[[nodiscard]] std::optional<SpecNode> parse_toml(std::string_view text, DiagnosticList& problems);

}  // namespace keyferry::planner
