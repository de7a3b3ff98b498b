// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// Compares a saved plan with `now`, the plan created from the current spec. Returns one sentence
/// per kind of difference, without a trailing period, naming the first few replicas; empty if
/// nothing differs. If the saved plan covers only part of its spec, `saved_is_whole` is false, and
/// additions are not reported. Settings ([limits], [retry], [wait]) are not compared, because they
/// are not part of a plan's identity.
[[nodiscard]] std::vector<std::string> plan_changes(const Plan& saved,
                                                    const Plan& now,
                                                    bool saved_is_whole);

}  // namespace keyferry::planner
