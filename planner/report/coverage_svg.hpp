// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/coverage.hpp"

#include <string>

namespace keyferry::planner {

/// SVG definitions of the shapes of actions, which make actions distinguishable without colour. A
/// page with coverage_svg() or coverage_legend() must include them once.
[[nodiscard]] std::string action_shapes();

/// The legend of the matrix as an HTML list, limited to the actions that occur.
[[nodiscard]] std::string coverage_legend(const Coverage& coverage);

/// The matrix as inline SVG. Its longer side runs down the page.
[[nodiscard]] std::string coverage_svg(const Coverage& coverage);

}  // namespace keyferry::planner
