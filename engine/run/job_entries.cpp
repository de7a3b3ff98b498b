// SPDX-License-Identifier: Apache-2.0
#include "engine/run/job_entries.hpp"

namespace keyferry::engine {

JobEntry job_entry(const planner::Plan& plan, JournalEvent event, planner::JobIndex job) {
    const planner::Job& planned = plan.jobs.at(job);
    return JobEntry(event, job, plan.keys[planned.key].primary, plan.regions[planned.region]);
}

JobEntry accepted_entry(const planner::Plan& plan,
                        planner::JobIndex job,
                        int attempt,
                        const io::CallSuccess<io::ReplicateKeyResult>& success) {
    const io::KeyMetadata& metadata = success.result.replica_key_metadata;
    JobEntry entry = job_entry(plan, JournalEvent::accepted, job);
    entry.attempt = attempt;
    entry.key_state = name_of(metadata.key_state.value_or(io::KeyState::creating));
    entry.creation_date_s = metadata.creation_date_s;
    entry.request_id = success.request_id;
    return entry;
}

JobEntry end_entry(const planner::Plan& plan, planner::JobIndex job, const JobEnd& end) {
    JobEntry entry = job_entry(plan, event_of(end.outcome), job);
    entry.attribution = end.attribution;
    entry.key_state = end.key_state;
    entry.creation_date_s = end.creation_date_s;
    entry.code = end.code;
    entry.message = end.message;
    entry.request_id = end.request_id;
    return entry;
}

}  // namespace keyferry::engine
