// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/resume_as.hpp"

namespace keyferry::engine {

ResumeAs resume_as(JobPhase phase, const std::optional<OpenJob>& open, bool retry_failed) noexcept {
    switch (phase) {
        case JobPhase::not_started:  // has an OpenJob if its records may be missing
            return open ? ResumeAs::in_progress : ResumeAs::not_started;
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::unknown:
        case JobPhase::unusable:
            return ResumeAs::in_progress;
        // The outcomes of deferred jobs are never unknown (job_steps would end such jobs as
        // unknown). However, KMS may have accepted a deferred job whose replica was still Creating
        // when ready_timeout expired.
        case JobPhase::deferred:
            return open && open->accepted ? ResumeAs::in_progress : ResumeAs::not_started;
        case JobPhase::blocked:  // this run's review evaluates the job again
            return ResumeAs::not_started;
        case JobPhase::done:
            return ResumeAs::finished;
        case JobPhase::failed:
        case JobPhase::conflict:
            break;
    }
    return retry_failed ? ResumeAs::not_started : ResumeAs::finished;
}

}  // namespace keyferry::engine
