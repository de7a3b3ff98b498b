#include "engine/resume.hpp"

namespace keyferry {

ResumeAs resume_as(JobPhase phase, const OpenJob* open, bool retry_failed) noexcept {
    switch (phase) {
        case JobPhase::untouched:
            return ResumeAs::fresh;
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::unknown:
            return ResumeAs::begun;
        // A deferred job may have had an attempt whose answer was lost; only one that never sent
        // anything is as good as new.
        case JobPhase::deferred:
            return open ? ResumeAs::begun : ResumeAs::fresh;
        case JobPhase::done:
            return ResumeAs::finished;
        case JobPhase::failed:
        case JobPhase::conflict:
            break;
    }
    return retry_failed ? ResumeAs::fresh : ResumeAs::finished;
}

}  // namespace keyferry
