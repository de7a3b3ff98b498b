// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/run/progress.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace keyferry::engine {

/// Where a run goes on.
struct ResumedJobs {
    std::vector<ResumeAs> resume_as;                        ///< by job
    std::unordered_map<planner::JobIndex, JobState> begun;  ///< those that are ResumeAs::begun
    Progress progress;                                      ///< of the runs before
};

/// Where a job stands that an earlier process left, from what the journal says of it: `accepted` by
/// KMS, or else in doubt, so that it is looked at before anything is sent. A request sent longer
/// than the doubt_timeout before `wall_now` shows by now if it was done: one look decides.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// What a rerun of `plan` makes of `replay`, the journal of the same plan.
[[nodiscard]] ResumedJobs resumed_jobs(const planner::Plan& plan,
                                       const JournalReplay& replay,
                                       bool retry_failed,
                                       io::WallTime wall_now);

}  // namespace keyferry::engine
