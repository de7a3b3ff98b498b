#include "engine/resume.hpp"

#include <cassert>

namespace keyferry {

ResumeAs resume_as(JobPhase phase, const OpenJob* open, bool retry_failed) noexcept {
    switch (phase) {
        case JobPhase::untouched:  // with details where its records may be missing
            return open ? ResumeAs::begun : ResumeAs::fresh;
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::unknown:
            return ResumeAs::begun;
        // Deferred jobs are never in doubt (job_steps ends those as unknown). KMS may have accepted
        // one, though, whose replica was still Creating when patience ended.
        case JobPhase::deferred:
            return open && open->accepted ? ResumeAs::begun : ResumeAs::fresh;
        case JobPhase::done:
            return ResumeAs::finished;
        case JobPhase::failed:
        case JobPhase::conflict:
            break;
    }
    return retry_failed ? ResumeAs::fresh : ResumeAs::finished;
}

ResumedJobs resumed_jobs(const Plan& plan,
                         const JournalReplay& replay,
                         bool retry_failed,
                         WallTime wall_now) {
    assert(replay.phases().size() == plan.jobs.size());
    ResumedJobs resumed;
    resumed.resume_as.reserve(plan.jobs.size());
    for (JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const OpenJob* open = replay.open_job(job);
        resumed.resume_as.push_back(resume_as(replay.phase(job), open, retry_failed));
        if (resumed.resume_as.back() == ResumeAs::begun) {
            assert(open != nullptr);
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

}  // namespace keyferry
