// SPDX-License-Identifier: Apache-2.0
#include "engine/run/resume.hpp"

#include <cassert>

namespace keyferry::engine {

JobState resumed_job(const OpenJob& open,
                     io::WallTime wall_now,
                     const planner::WaitSettings& wait) {
    JobState state;
    state.attempts_before = open.attempts;
    state.last_sent = open.last_sent;
    state.accepted = open.accepted;
    if (!open.accepted) {
        state.in_doubt = true;
        state.doubt_since = open.first_sent;
        state.kms_ahead_at_doubt = open.kms_clock_ahead;
    }
    if (wall_now - open.last_sent > wait.doubt_timeout) {
        state.absent_polls = kAbsentPollsMax;
    }
    return state;
}

ResumedJobs resumed_jobs(const planner::Plan& plan,
                         const JournalReplay& replay,
                         bool retry_failed,
                         io::WallTime wall_now) {
    assert(replay.phases().size() == plan.jobs.size());
    ResumedJobs resumed;
    resumed.resume_as.reserve(plan.jobs.size());
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const std::optional<OpenJob> open = replay.open_job(job);
        resumed.resume_as.push_back(resume_as(replay.phase(job), open, retry_failed));
        if (resumed.resume_as.back() == ResumeAs::in_progress) {
            assert(open);
            resumed.begun.emplace(job, resumed_job(*open, wall_now, plan.settings.wait));
        }
    }
    const PhaseCounts& counts = replay.counts();
    resumed.progress.jobs = plan.jobs.size();
    resumed.progress.created = counts.of(Attribution::created);
    resumed.progress.created_reconciled = counts.of(Attribution::created_reconciled);
    resumed.progress.existed = counts.of(Attribution::existed);
    if (!retry_failed) {
        resumed.progress.failed = counts.of(JobPhase::failed);
        resumed.progress.conflicts = counts.of(JobPhase::conflict);
    }
    return resumed;
}

}  // namespace keyferry::engine
