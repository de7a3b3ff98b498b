#pragma once

#include "engine/job_steps.hpp"
#include "engine/journal_replay.hpp"
#include "engine/progress.hpp"
#include "planner/plan.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace keyferry {

/// What a rerun makes of a job that an earlier process left behind.
enum class ResumeAs : std::uint8_t {
    fresh,     ///< as if never touched: ReplicateKey
    begun,     ///< something of ours may have reached KMS: a look before anything is sent
    finished,  ///< over: nothing to do
};

/// `open` is the replay's details of the job, null where there are none. Failed jobs and conflicts
/// are final, since the same request gives the same answer, until somebody has changed something
/// and says so with `retry_failed`.
ResumeAs resume_as(JobPhase phase, const OpenJob* open, bool retry_failed) noexcept;

/// Where a run goes on.
struct ResumedJobs {
    std::vector<ResumeAs> resume_as;               ///< by job
    std::unordered_map<JobIndex, JobState> begun;  ///< those that are ResumeAs::begun
    Progress progress;                             ///< of the runs before
};

/// What a rerun of `plan` makes of `replay`, the journal of the same plan.
ResumedJobs resumed_jobs(const Plan& plan,
                         const JournalReplay& replay,
                         bool retry_failed,
                         WallTime wall_now);

}  // namespace keyferry
