// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::engine {

/// Whether `record` and `plan` have the same primary ARN, replica Region and action for the
/// record's job. The action is ReplicateKey in every plan. Returns false if the job is not in the
/// plan. The function only compares strings, so it is fast enough for ten million jobs.
///
/// This comparison is necessary because a salvaged journal may contain records of another fleet
/// (see repair/record_chains.hpp), which a run would otherwise accept.
[[nodiscard]] bool is_named_as_planned(const planner::Plan& plan,
                                       const JournalJobRecord& record) noexcept;

/// Describes the difference if is_named_as_planned() returns false.
[[nodiscard]] std::string name_mismatch_text(const planner::Plan& plan,
                                             const JournalJobRecord& record);

}  // namespace keyferry::engine
