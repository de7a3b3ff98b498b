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

/// Converts the journal in `from`, which belongs to another plan, to a journal of `plan` with the
/// header `header`, and writes it to the empty file `to`. Two jobs are the same if they have the
/// same primary ARN and replica Region. All records of jobs in both plans are carried over in
/// order, with their times and the new job numbers. Done jobs therefore stay done, and unknown
/// outcomes stay unknown. Records of other jobs are left out. If a job has failed and its request
/// is different in this plan, its records are also left out, so that the job starts again. A torn
/// tail is left out and reported in the difference.
///
/// Fails (other_plan) if only one of the journal and the run is simulated, if the partitions
/// differ, or if the journal has records of jobs but none of them is a job of this plan, which
/// means that the journal belongs to another fleet. If a problem is returned, the content of `to`
/// is unusable. `from` must be locked.
[[nodiscard]] JournalResult<PlanDifference> replan_journal(io::AppendFile& from,
                                                           io::AppendFile& to,
                                                           const planner::Plan& plan,
                                                           const JournalHeader& header,
                                                           io::WallTime now,
                                                           const std::string& name);

}  // namespace keyferry::engine
