// SPDX-License-Identifier: Apache-2.0
#include "engine/run/executor.hpp"
#include "engine/run/job_entries.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <utility>

// The calls of an Executor: each from when it may be sent to what its response means for the job.

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// A call that the disk delays for longer is queued again. Otherwise, after a disk stall of
/// seconds, all calls scheduled in that time would be sent at once.
constexpr std::chrono::milliseconds kLatenessMax{100};

}  // namespace

/// Waits until the call may be sent. Returns false if it must not be sent: the run was stopped, or
/// the call is more than kLatenessMax late.
asio::awaitable<bool> Executor::wait_to_leave(StartedCall started) {
    if (clock_.now() < started.at) {
        co_await clock_.sleep_until(started.at, asio::use_awaitable);
    }
    const io::Moment now = clock_.now();
    if (stopping_ || now > started.at + kLatenessMax) {
        co_return false;
    }
    if (now > started.at) {
        scheduler_.left_late(started, now);
    }
    co_return true;
}

/// Requeues a call that was not sent. If the run was stopped, the job keeps its state in the
/// journal.
void Executor::leave_unsent(const StartedCall& started) {
    if (!stopping_) {
        const io::Moment now = clock_.now();
        scheduler_.enqueue(started.lane, started.call, now, now);
    }
}

/// Like leave_unsent, for a job that has never sent a request: if the run was stopped, the job ends
/// as not sent, so that a rerun does not check for its replica.
void Executor::end_unsent(const StartedCall& started) {
    if (stopping_) {
        end_job(started.call.id, not_sent_end());
    } else {
        leave_unsent(started);
    }
}

asio::awaitable<void> Executor::perform(StartedCall started) {
    switch (lanes_.call_in(started.lane)) {
        case JobCall::replicate:
            co_await replicate_again(started);
            break;
        case JobCall::describe_replica: {
            std::optional<Heard> heard = co_await describe_replica(started);
            if (heard) {
                apply(started, *std::move(heard));
            }
            break;
        }
        case JobCall::describe_primary:
            co_await describe_primary(started);
            break;
    }
}

/// Returns the record of a ReplicateKey request that is about to be sent. Updates the job's state.
JobEntry Executor::sent_entry(planner::JobIndex index, const io::ReplicateKeyRequest& request) {
    JobState& state = begun_[index];
    state.last_sent = clock_.wall_now();
    JobEntry sent = job_entry(plan_, JournalEvent::sent, index);
    sent.attempt = state.attempts_before + state.replicate_attempts + 1;
    sent.request_digest = planner::request_digest(request);
    if (kms_time_.ahead() != std::chrono::milliseconds(0)) {
        sent.kms_clock_ahead = kms_time_.ahead();
    }
    return sent;
}

/// Sends the first ReplicateKey request of a job, after its `sent` record has become durable.
asio::awaitable<void> Executor::perform_intended(Intent intent) {
    const bool may_leave = co_await wait_to_leave(intent.started);
    if (may_leave) {
        co_await replicate(intent.started, std::move(intent.request), intent.attempt);
    } else {
        end_unsent(intent.started);
    }
}

/// Sends a later one. Its `sent` record need not be durable first: because of the first one, a
/// rerun checks for the replica in any case.
asio::awaitable<void> Executor::replicate_again(StartedCall started) {
    const bool may_leave = co_await wait_to_leave(started);
    if (!may_leave) {
        leave_unsent(started);
        co_return;
    }
    io::ReplicateKeyRequest request =
        planner::replicate_request(plan_, plan_.jobs[started.call.id]);
    int attempt = 0;
    {
        const JobEntry sent = sent_entry(started.call.id, request);
        attempt = sent.attempt;
        journal_.write(sent);
    }
    co_await replicate(started, std::move(request), attempt);
}

asio::awaitable<void> Executor::replicate(StartedCall started,
                                          io::ReplicateKeyRequest request,
                                          int attempt) {
    const planner::JobIndex index = started.call.id;
    const planner::Job& job = plan_.jobs[index];
    const io::WallTime asked = clock_.wall_now();
    const io::CallOutcome<io::ReplicateKeyResult> outcome =
        co_await client_.replicate_key(planner::primary_location(plan_, job), std::move(request));
    note_date(outcome, asked);
    const JobArns arns = job_arns(plan_, job);
    JobDecision decision = after_replicate(begun_.at(index), outcome, arns, context(started));
    // A replica that is ready at once is journaled as done instead, which includes acceptance.
    if (decision.now_accepted && std::holds_alternative<NextCall>(decision.next)) {
        const auto& success = std::get<io::CallSuccess<io::ReplicateKeyResult>>(outcome);
        journal_.write(accepted_entry(plan_, index, attempt, success));
    }
    CallFeedback answer = feedback_of(outcome, decision);
    apply(started, Heard(std::move(decision), std::move(answer)));
}

asio::awaitable<std::optional<io::CallOutcome<io::DescribeKeyResult>>> Executor::describe(
    StartedCall started, io::AccountRegion place, std::string key) {
    const bool may_leave = co_await wait_to_leave(started);
    if (!may_leave) {
        leave_unsent(started);
        co_return std::nullopt;
    }
    io::DescribeKeyRequest request(std::move(key));
    const io::WallTime asked = clock_.wall_now();
    io::CallOutcome<io::DescribeKeyResult> outcome =
        co_await client_.describe_key(std::move(place), std::move(request));
    note_date(outcome, asked);
    co_return outcome;
}

asio::awaitable<std::optional<Executor::Heard>> Executor::describe_replica(StartedCall started) {
    const planner::Job& job = plan_.jobs[started.call.id];
    JobState& state = begun_.at(started.call.id);
    const JobArns arns = job_arns(plan_, job);
    const auto outcome =
        co_await describe(started, planner::replica_location(plan_, job), arns.replica);
    if (!outcome) {
        co_return std::nullopt;
    }
    JobDecision decision = after_describe(state, *outcome, arns, context(started));
    CallFeedback answer = feedback_of(*outcome, decision);
    co_return Heard(std::move(decision), std::move(answer));
}

asio::awaitable<void> Executor::describe_primary(StartedCall started) {
    const planner::Job& job = plan_.jobs[started.call.id];
    const auto outcome = co_await describe(
        started, planner::primary_location(plan_, job), plan_.keys[job.key].primary.text());
    if (outcome) {
        apply_to_key(started, *outcome);
    }
}

/// Applies the response to DescribeKey of a primary to all its unresolved jobs. A failure says
/// nothing about any of them, so the decision for the first job applies to all.
void Executor::apply_to_key(const StartedCall& started,
                            const io::CallOutcome<io::DescribeKeyResult>& outcome) {
    const std::uint32_t key = plan_.jobs[started.call.id].key;
    const bool has_failed = std::holds_alternative<io::CallFailure>(outcome);
    const auto decide = [&](planner::JobIndex job) {
        const JobArns arns = job_arns(plan_, plan_.jobs[job]);
        return after_describe_primary(begun_.at(job), outcome, arns, context(started));
    };
    const std::vector<planner::JobIndex> jobs = doubted_.take(key);
    const JobDecision first = decide(jobs.front());
    progress_.throttled += first.failure_class == FailureClass::throttled ? 1 : 0;
    const bool is_postponed = feedback_.heard(started, feedback_of(outcome, first), clock_.now());
    if (const auto* end = std::get_if<JobEnd>(&first.next)) {
        refuse_all(*end);
        end_job(jobs.front(), *end);
        return;  // the other jobs keep their state in the journal
    }
    for (const planner::JobIndex job : jobs) {
        const JobDecision decision = job == jobs.front() || has_failed ? first : decide(job);
        const NextCall& next = std::get<NextCall>(decision.next);
        if (next.call != JobCall::describe_primary || doubted_.add(key, job)) {
            schedule_next(job, next, is_postponed);
        }
    }
}

void Executor::apply(const StartedCall& started, Heard heard) {
    JobDecision& decision = heard.decision;
    progress_.throttled += decision.failure_class == FailureClass::throttled ? 1 : 0;
    const bool is_denied = decision.failure_class == FailureClass::denied;
    if (is_denied) {
        note_denied(started, heard.answer);
    }
    const bool is_postponed = feedback_.heard(started, heard.answer, clock_.now());
    if (const auto* next = std::get_if<NextCall>(&decision.next)) {
        // A denied probe is queued behind the keys that have not been tried.
        schedule_next(started.call.id, *next, is_postponed || is_denied);
    } else if (JobEnd& end = std::get<JobEnd>(decision.next);
               is_denied && end.outcome == JobOutcome::failed && !heard.answer.is_about_key) {
        denied_.add(DeniedJob{lanes_.gates_of(started.lane).permission.value(),
                              LaneCall{started.call, started.lane},
                              std::move(end)});
    } else {
        if (decision.stops_run) {
            refuse_all(end);
        }
        end_job(started.call.id, end);
    }
    settle_denied(started, heard.answer);
}

void Executor::note_denied(const StartedCall& started, CallFeedback& answer) {
    JobState& state = begun_.at(started.call.id);
    const std::optional<io::Moment> others_at = feedback_.let_through_at(started.lane);
    answer.is_about_key = state.denied_at && others_at && *others_at > *state.denied_at;
    state.denied_at = clock_.now();
}

/// Decides about denied jobs. If key after key was denied, the lane is parked and its jobs are
/// queued again, behind the keys that have not been tried. If other keys are permitted, the denial
/// concerns only that key, and its job has failed.
void Executor::settle_denied(const StartedCall& started, const CallFeedback& answer) {
    if (denied_.empty() || lanes_.call_in(started.lane) != JobCall::replicate) {
        return;
    }
    const bool is_parked = feedback_.permission_state(started.lane) != Breaker::State::closed;
    if (!is_parked && !answer.let_through) {
        return;
    }
    const std::uint32_t gate = lanes_.gates_of(started.lane).permission.value();
    for (const DeniedJob& job : denied_.take(gate)) {
        if (is_parked) {
            const io::Moment now = clock_.now();
            scheduler_.postpone(job.call.lane, job.call.call, now, now);
        } else {
            end_job(job.call.call.id, job.end);
        }
    }
}

StepContext Executor::context(const StartedCall& started) {
    constexpr double kTwoToMinus53 = 0x1p-53;
    return StepContext{clock_.now(),
                       static_cast<double>(random_() >> 11U) * kTwoToMinus53,
                       &plan_.settings.retry,
                       &plan_.settings.wait,
                       started.is_probe,
                       kms_time_.ahead()};
}

}  // namespace keyferry::engine
