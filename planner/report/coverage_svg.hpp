// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/coverage.hpp"

#include <string>

namespace keyferry::planner {

/// The shapes that stand for actions, so that colour is not all that tells them apart; a page with
/// coverage_svg() or coverage_legend() has them once.
[[nodiscard]] std::string action_shapes();

/// What the shapes and colours of the matrix mean, as an HTML list; only those that occur.
[[nodiscard]] std::string coverage_legend(const Coverage& coverage);

/// The matrix as inline SVG. The longer of its sides goes down the page.
[[nodiscard]] std::string coverage_svg(const Coverage& coverage);

}  // namespace keyferry::planner
