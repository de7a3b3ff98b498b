// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::engine {

/// Whether `record` gives its job the name that it has in `plan`: the primary's ARN and the
/// replica's Region. False for a job that the plan does not have. Only compares, so that ten
/// million jobs take no notice.
[[nodiscard]] bool is_named_as_planned(const planner::Plan& plan,
                                       const JournalJobRecord& record) noexcept;

/// Which two names differ, for a record for which that is false.
[[nodiscard]] std::string misnaming_text(const planner::Plan& plan, const JournalJobRecord& record);

}  // namespace keyferry::engine
