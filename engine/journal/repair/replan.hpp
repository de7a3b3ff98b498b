// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/journal/repair/plan_difference.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <optional>
#include <string>

namespace keyferry::engine {

/// Writes the journal in `from`, made for another plan, into `to`, which is empty, as a journal of
/// `plan`, whose header is `header`. Jobs are the same when the primary's ARN and the replica's
/// Region are: all records of those that both plans have are carried over, in their order, with
/// their times and the jobs' new numbers. So what is done stays done and what is in doubt stays in
/// doubt. The others' records are left out, and so are those of failed jobs whose request is
/// another under this plan: they begin anew. A torn tail is left out and told in the difference.
///
/// Refused (other_plan): a simulated journal for a real run or the other way round, another
/// partition, and a journal that has records and none of a job of this plan: that is no changed
/// plan but another fleet's. What is in `to` after a problem is of no use. `from` must be locked.
[[nodiscard]] JournalResult<PlanDifference> replan_journal(io::AppendFile& from,
                                                           io::AppendFile& to,
                                                           const planner::Plan& plan,
                                                           const JournalHeader& header,
                                                           io::WallTime now,
                                                           const std::string& name);

}  // namespace keyferry::engine
