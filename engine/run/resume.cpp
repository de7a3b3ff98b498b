// SPDX-License-Identifier: Apache-2.0
#include "engine/run/resume.hpp"

#include "engine/job/job_decisions.hpp"

#include <cassert>

namespace keyferry::engine {

ResumedJobs::ResumedJobs(const planner::Plan& plan)
    : plan_(&plan), starts_(plan.jobs.size(), Start::replicate) {
    progress_.jobs = plan.jobs.size();
}

ResumedJobs::ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed)
    : plan_(&plan), replay_(&replay) {
    assert(replay.phases().size() == plan.jobs.size());
    progress_.jobs = plan.jobs.size();
    starts_.reserve(plan.jobs.size());
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const auto open = replay.open_job(job);
        const Start start = start_of(job, resume_as(replay.phase(job), open, retry_failed));
        starts_.push_back(start);
        progress_.begun += start == Start::describe_replica || is_unresolved(job) ? 1 : 0;
        progress_.in_doubt += is_unresolved(job) ? 1 : 0;
    }
    const JobCounts& counts = replay.counts();
    for (const auto how :
         {Attribution::created, Attribution::created_reconciled, Attribution::existed}) {
        progress_.ended.add(JobPhase::done, how, counts.of(how));
    }
    if (!retry_failed) {
        for (const JobPhase phase : {JobPhase::failed, JobPhase::conflict}) {
            progress_.ended.add(phase, std::nullopt, counts.of(phase));
        }
    }
}

/// Requires that the starts of all jobs before `job` have been determined.
ResumedJobs::Start ResumedJobs::start_of(planner::JobIndex job, ResumeAs resume_as) const {
    switch (resume_as) {
        case ResumeAs::finished:
            return Start::none;
        case ResumeAs::not_started:
            return replay_->phase(job) == JobPhase::not_started ? Start::replicate
                                                                : Start::replicate_again;
        case ResumeAs::in_progress:
            break;
    }
    const std::optional<OpenJob> open = replay_->open_job(job);
    if (open->accepted || open->attribution) {
        return Start::describe_replica;
    }
    // A plan's jobs are sorted by key.
    for (planner::JobIndex before = job;
         before > 0 && plan_->jobs[before - 1].key == plan_->jobs[job].key;
         --before) {
        if (starts_[before - 1] == Start::describe_primary) {
            return Start::with_first;
        }
    }
    return Start::describe_primary;
}

std::optional<FirstCall> ResumedJobs::first_call(planner::JobIndex job) const {
    switch (starts_[job]) {
        case Start::replicate:
            return FirstCall{JobCall::replicate};
        case Start::replicate_again:
            return FirstCall{JobCall::replicate, true};
        case Start::describe_replica:
            return FirstCall{JobCall::describe_replica};
        case Start::describe_primary:
            return FirstCall{JobCall::describe_primary};
        case Start::with_first:
        case Start::absent:
        case Start::none:
            break;
    }
    return std::nullopt;
}

void ResumedJobs::record_absent(planner::JobIndex job) {
    assert(is_unresolved(job));
    starts_[job] = Start::absent;
}

std::vector<planner::JobIndex> ResumedJobs::unresolved_of_key(planner::JobIndex job) const {
    const std::uint32_t key = plan_->jobs[job].key;
    planner::JobIndex first = job;
    while (first > 0 && plan_->jobs[first - 1].key == key) {
        --first;
    }
    std::vector<planner::JobIndex> unresolved;
    for (; first < plan_->jobs.size() && plan_->jobs[first].key == key; ++first) {
        if (is_unresolved(first)) {
            unresolved.push_back(first);
        }
    }
    return unresolved;
}

JobState ResumedJobs::state_of(planner::JobIndex job, io::WallTime wall_now) const {
    const auto open = replay_->open_job(job);
    assert(open);
    JobState state = resumed_job(*open, wall_now, plan_->settings.wait);
    if (starts_[job] == Start::absent) {
        confirm_not_created(state);
        state.absent_polls = 0;
    }
    return state;
}

JobState resumed_job(const OpenJob& open,
                     io::WallTime wall_now,
                     const planner::WaitSettings& wait) {
    JobState state;
    state.attempts_before = open.attempts;
    state.last_sent = open.last_sent;
    state.attribution = open.attribution;
    // A replica that was found, but not usable, may have been deleted since.
    const bool will_appear = open.accepted && !open.attribution;
    state.stage = will_appear ? ReplicaStage::accepted : ReplicaStage::unresolved;
    if (!open.accepted) {
        state.doubt_since = open.first_sent;
        state.kms_ahead_at_doubt = open.kms_clock_ahead;
    }
    if (wall_now - open.last_sent > wait.doubt_timeout) {
        state.absent_polls = kAbsentPollsMax;
    }
    return state;
}

}  // namespace keyferry::engine
