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

/// The state from which a run resumes.
struct ResumedJobs {
    std::vector<ResumeAs> resume_as;                        ///< by job
    std::unordered_map<planner::JobIndex, JobState> begun;  ///< jobs that are ResumeAs::in_progress
    Progress progress;                                      ///< of previous runs
};

/// Returns the state of a job that an earlier process left, from its journal details: `accepted` by
/// KMS, or else with an unknown outcome, so that it is checked before anything is sent. The effect
/// of a request sent more than doubt_timeout before `wall_now` is visible by now: one check
/// decides.
[[nodiscard]] JobState resumed_job(const OpenJob& open,
                                   io::WallTime wall_now,
                                   const planner::WaitSettings& wait);

/// Returns how a rerun of `plan` treats each job in `replay`, the journal of the same plan.
[[nodiscard]] ResumedJobs resumed_jobs(const planner::Plan& plan,
                                       const JournalReplay& replay,
                                       bool retry_failed,
                                       io::WallTime wall_now);

}  // namespace keyferry::engine
