// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <string>
#include <vector>

namespace keyferry::planner {

/// What a spec asks for now that `saved`, a plan that was made from it earlier, does not have, and
/// the other way round: a sentence each, without a full stop, the first few of each kind named.
/// `saved_is_whole` is false where the plan is only a part of what the spec asked for then, so that
/// nothing can be said of what it lacks. Empty where the saved plan is still what is asked for.
/// Settings ([limits], [retry], [wait]) are not compared: they are no part of a plan's identity.
[[nodiscard]] std::vector<std::string> plan_changes(const Plan& saved,
                                                    const Plan& now,
                                                    bool saved_is_whole);

}  // namespace keyferry::planner
