// SPDX-License-Identifier: Apache-2.0
#include "engine/run/resume.hpp"

#include "engine/job/job_decisions.hpp"
#include "io/names/kms_error.hpp"

#include <cassert>

namespace keyferry::engine {

ResumedJobs::ResumedJobs(const planner::Plan& plan)
    : plan_(&plan), starts_(plan.jobs.size(), Start::replicate) {
    progress_.jobs = plan.jobs.size();
}

ResumedJobs::ResumedJobs(const planner::Plan& plan, const JournalReplay& replay, bool retry_failed)
    : plan_(&plan), replay_(&replay) {
    assert(replay.phases().size() == plan.jobs.size());
    starts_.reserve(plan.jobs.size());
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const auto open = replay.open_job(job);
        starts_.push_back(start_of(job, resume_as(replay.phase(job), open, retry_failed)));
    }
    count();
}

/// Counts the jobs that have ended or are in progress before the first call.
void ResumedJobs::count() {
    progress_ = Progress();
    progress_.jobs = plan_->jobs.size();
    rechecked_ = 0;
    for (planner::JobIndex job = 0; job < starts_.size(); ++job) {
        if (starts_[job] == Start::none) {
            progress_.ended.add(replay_->phase(job), replay_->attribution(job));
        }
        progress_.begun += is_in_progress(job) ? 1 : 0;
        progress_.in_doubt += is_unresolved(job) ? 1 : 0;
        rechecked_ += is_rechecked(job) ? 1 : 0;
    }
}

void ResumedJobs::apply_survey(const planner::PlanReview& review) {
    assert(review.verdicts.size() == plan_->jobs.size());
    review_ = &review;
    for (planner::JobIndex job = 0; job < starts_.size(); ++job) {
        starts_[job] = start_after_survey(job);
    }
    count();
}

ResumedJobs::Start ResumedJobs::start_after_survey(planner::JobIndex job) const {
    const Start start = starts_[job];
    const planner::JobVerdict& verdict = review_->verdicts[job];
    if (replay_ != nullptr && replay_->phase(job) == JobPhase::unusable &&
        verdict.action == planner::JobAction::blocked && planner::is_certain(verdict.reason)) {
        return Start::blocked;  // the unusable replica was deleted
    }
    if (is_in_progress(job)) {
        return start;
    }
    const planner::ActionReason reason = verdict.reason;
    switch (verdict.action) {
        case planner::JobAction::exists:
            if (reason != planner::ActionReason::ready) {
                return Start::check_listed;
            }
            return was_done(job) ? Start::none : Start::found;
        case planner::JobAction::sync:
            return was_done(job) ? Start::none : Start::found;
        case planner::JobAction::unusable:
            return Start::check_listed;
        case planner::JobAction::create:
            return was_done(job) ? Start::check_unseen : start;
        case planner::JobAction::blocked:
            break;
    }
    if (was_done(job)) {
        return Start::check_unseen;
    }
    if (start == Start::none) {
        return start;
    }
    if (verdict.is_withheld) {
        return Start::refused;
    }
    return planner::is_certain(reason) ? Start::blocked : start;
}

bool ResumedJobs::wants_disabled(planner::JobIndex job) const {
    return review_ != nullptr && review_->is_surveyed
               ? review_->verdicts[job].wants_disabled
               : planner::enabled_spec(*plan_, plan_->jobs[job].key) == planner::EnabledSpec::no;
}

std::optional<JobEnd> ResumedJobs::surveyed(planner::JobIndex job) const {
    switch (starts_[job]) {
        case Start::found: {
            JobEnd end(JobPhase::done);
            end.attribution = Attribution::existed;
            end.key_state =
                name_of(wants_disabled(job) ? io::KeyState::disabled : io::KeyState::enabled);
            return end;
        }
        case Start::blocked:
            return blocked_end(job);
        case Start::refused:
            return refused_end(job);
        default:
            return std::nullopt;
    }
}

JobEnd ResumedJobs::unsendable_end(planner::JobIndex job) const {
    assert(review_ != nullptr && review_->verdicts[job].action == planner::JobAction::blocked);
    return review_->verdicts[job].reason == planner::ActionReason::no_credentials
               ? refused_end(job)
               : blocked_end(job);
}

JobEnd ResumedJobs::refused_end(planner::JobIndex job) const {
    JobEnd end(JobPhase::deferred);
    end.code = name_of(io::KmsErrorCode::missing_authentication_token);
    const auto refused =
        review_->refused_accounts.find(plan_->keys[plan_->jobs[job].key].primary.account);
    if (refused != review_->refused_accounts.end()) {
        end.message = refused->second;
    }
    return end;
}

JobEnd ResumedJobs::blocked_end(planner::JobIndex job) const {
    const planner::ActionReason reason = review_->verdicts[job].reason;
    JobEnd end(JobPhase::blocked);
    end.code = name_of(reason);
    const auto moved = review_->moved_to.find(plan_->jobs[job].key);
    if (moved != review_->moved_to.end()) {
        end.message = "The primary is now in " + moved->second + ". ";
    }
    end.message += planner::advice_on(reason);
    return end;
}

JobEnd ResumedJobs::record_missing(planner::JobIndex job) {
    assert(is_rechecked(job));
    starts_[job] = Start::missing;
    const planner::JobVerdict& verdict = review_->verdicts[job];
    if (verdict.action == planner::JobAction::blocked &&
        (verdict.is_withheld || planner::is_certain(verdict.reason) ||
         planner::lacks_contents(*plan_, plan_->jobs[job]))) {
        return unsendable_end(job);
    }
    JobEnd end(JobPhase::deferred);
    end.code = kReplicaMissing;
    end.message =
        "according to the journal, the replica was done, but it no longer exists; this run "
        "creates it again";
    return end;
}

/// The starts of all jobs before `job` must have been determined.
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
        case Start::check_listed:
        case Start::check_unseen:
            return FirstCall{JobCall::describe_replica};
        case Start::describe_primary:
            return FirstCall{JobCall::describe_primary};
        case Start::with_first:
        case Start::absent:
        case Start::missing:
        case Start::found:
        case Start::blocked:
        case Start::refused:
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
    if (is_check(starts_[job])) {
        JobState state;
        state.stage =
            starts_[job] == Start::check_listed ? ReplicaStage::existing : ReplicaStage::unresolved;
        state.attribution =
            was_done(job) ? replay_->attribution(job) : std::optional(Attribution::existed);
        return state;
    }
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
    // A replica that was found in an unusable state may have been deleted since then.
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
