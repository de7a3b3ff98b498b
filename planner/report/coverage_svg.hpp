// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/coverage.hpp"

#include <string>

namespace keyferry::planner {

/// SVG definitions of the shapes of actions, which make actions distinguishable without colour. A
/// page with coverage_svg() or coverage_legend() must include them once.
[[nodiscard]] std::string action_shapes();

/// Returns the legend of the matrix as an HTML list, limited to the actions that occur.
[[nodiscard]] std::string coverage_legend(const Coverage& coverage);

/// Returns the matrix as inline SVG. The longer dimension of the matrix is vertical.
[[nodiscard]] std::string coverage_svg(const Coverage& coverage);

}  // namespace keyferry::planner
