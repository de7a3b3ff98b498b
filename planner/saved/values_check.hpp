// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/saved/saved_plan.hpp"

#include <optional>
#include <string>

namespace keyferry::planner {

/// Checks the values of a plan that was read from a file. Converts the plan to a spec and passes it
/// to check_fleet(), so that every rule for specs also applies to plans: names, policies, tags,
/// aliases, residency, limits, accounts. Also checks that the review is consistent. Returns the
/// first problem, without a period; nullopt if there is none.
[[nodiscard]] std::optional<std::string> find_invalid_value(const SavedPlan& saved);

}  // namespace keyferry::planner
