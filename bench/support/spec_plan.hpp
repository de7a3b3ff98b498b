// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::bench {

/// Returns the plan of a spec that names no files. Throws std::runtime_error if it has none.
planner::Plan plan_of_spec(const std::string& spec);

}  // namespace keyferry::bench
