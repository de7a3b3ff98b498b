// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::engine {

/// Whether `record` identifies its job by the same name as `plan`: the primary's ARN, the replica's
/// Region and the action, which is ReplicateKey in every plan. False for a job that is not in the
/// plan. The function only compares texts, so it is fast enough for ten million jobs.
///
/// A salvaged journal may contain records of another fleet (see repair/record_chains.hpp). Without
/// this comparison, a run would accept them.
[[nodiscard]] bool is_named_as_planned(const planner::Plan& plan,
                                       const JournalJobRecord& record) noexcept;

/// Describes how the two names differ, for a record for which is_named_as_planned() is false.
[[nodiscard]] std::string name_mismatch_text(const planner::Plan& plan,
                                             const JournalJobRecord& record);

}  // namespace keyferry::engine
