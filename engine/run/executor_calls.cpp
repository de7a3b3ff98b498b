// SPDX-License-Identifier: Apache-2.0
#include "engine/run/executor.hpp"
#include "engine/run/job_entries.hpp"

#include <algorithm>
#include <utility>

// The part of Executor that makes calls, from the time when a call may be sent until its response
// has been applied to the job.

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// The maximum number of open jobs whose reasons are kept in memory and written at the end of the
/// journal. Usually, many jobs are waiting for the same few reasons.
constexpr std::size_t kReasonsMax = 1000;

template <typename Result>
const io::CallFailure* failure_in(const io::CallOutcome<Result>& outcome) noexcept {
    return std::get_if<io::CallFailure>(&outcome);
}

}  // namespace

/// Returns the record of a ReplicateKey request that is about to be sent. Updates the job's state.
JobEntry Executor::sent_entry(planner::JobIndex index, const io::ReplicateKeyRequest& request) {
    JobState& state = begun_.at(index);
    state.last_sent = clock_.wall_now();
    state.sent_at = clock_.now();
    JobEntry sent = job_entry(plan_, JournalEvent::sent, index);
    sent.attempt = state.attempts_before + state.replicate_attempts + 1;
    sent.request_digest = planner::request_digest(request);
    state.kms_ahead_at_send = kms_time_.ahead(ClockReading(clock_));
    sent.kms_clock_ahead = state.kms_ahead_at_send;
    return sent;
}

/// Sends the first ReplicateKey request of a job, after its `sent` record has become durable. If
/// the run is stopped before then, end_unsent() ends the job.
asio::awaitable<void> Executor::perform_intended(Intent intent) {
    const bool may_leave = co_await dispatcher_.wait_to_leave(intent.started);
    if (may_leave) {
        co_await replicate(intent.started, std::move(intent.request), intent.attempt);
    }
}

/// Sends a job's later requests. Their `sent` records need not be durable before the requests are
/// sent, because the record of the first request ensures that a rerun checks for the replica.
asio::awaitable<void> Executor::replicate_again(StartedCall started) {
    const bool may_leave = co_await dispatcher_.wait_to_leave(started);
    if (!may_leave) {
        co_return;
    }
    if (journal_.is_stalled()) {
        dispatcher_.requeue_stalled(started);
        co_return;
    }
    io::ReplicateKeyRequest request =
        planner::replicate_request(plan_, plan_.jobs[started.call.id]);
    const int attempt = record_resend(started.call.id, request);
    co_await replicate(started, std::move(request), attempt);
}

/// Records in the journal that a request is resent, and returns the number of the attempt. If the
/// previous request never left this machine, its record is reused, so that an endpoint that refuses
/// connections does not fill the journal. The record must not be much older than the request,
/// because a rerun uses its time to determine whether the request's effect must be visible by now.
int Executor::record_resend(planner::JobIndex job, const io::ReplicateKeyRequest& request) {
    const JobState& state = begun_.at(job);
    if (state.is_last_unsent &&
        clock_.wall_now() - *state.last_sent < plan_.settings.wait.doubt_timeout / 2) {
        return std::max(1, state.attempts_before + state.replicate_attempts);
    }
    const JobEntry sent = sent_entry(job, request);
    journal_.write(sent);
    return sent.attempt;
}

asio::awaitable<void> Executor::replicate(StartedCall started,
                                          io::ReplicateKeyRequest request,
                                          int attempt) {
    const planner::JobIndex index = started.call.id;
    const planner::Job& job = plan_.jobs[index];
    const ClockReading sent(clock_);
    ++progress_.calls;
    io::CallOutcome<io::ReplicateKeyResult> response =
        co_await client_.replicate_key(planner::primary_location(plan_, job), std::move(request));
    record_date(response, sent);
    const JobArns arns = job_arns(plan_, job);
    const io::CallOutcome<io::ReplicateKeyResult> outcome =
        checked_replica(std::move(response), arns);
    const JobDecision decision = after_replicate(begun_.at(index), outcome, arns, context(started));
    // A replica that is ready immediately is journaled as done instead, which implies acceptance.
    if (decision.now_accepted && std::holds_alternative<NextCall>(decision.next)) {
        const auto& success = std::get<io::CallSuccess<io::ReplicateKeyResult>>(outcome);
        journal_.write(accepted_entry(plan_, index, attempt, success));
    }
    apply(started, decision, failure_in(outcome));
}

asio::awaitable<std::optional<io::CallOutcome<io::DescribeKeyResult>>> Executor::describe(
    StartedCall started, io::AccountRegion place, std::string key) {
    const bool may_leave = co_await dispatcher_.wait_to_leave(started);
    if (!may_leave) {
        co_return std::nullopt;
    }
    io::DescribeKeyRequest request(std::move(key));
    const ClockReading sent(clock_);
    ++progress_.calls;
    io::CallOutcome<io::DescribeKeyResult> outcome =
        co_await client_.describe_key(std::move(place), std::move(request));
    record_date(outcome, sent);
    co_return outcome;
}

asio::awaitable<void> Executor::describe_replica(StartedCall started) {
    const planner::Job& job = plan_.jobs[started.call.id];
    const JobArns arns = job_arns(plan_, job);
    const auto outcome =
        co_await describe(started, planner::replica_location(plan_, job), arns.replica);
    if (outcome) {
        JobState& state = begun_.at(started.call.id);
        const JobDecision decision = after_describe(state, *outcome, arns, context(started));
        apply(started, decision, failure_in(*outcome));
    }
}

asio::awaitable<void> Executor::describe_primary(StartedCall started) {
    const planner::Job& job = plan_.jobs[started.call.id];
    const auto outcome = co_await describe(
        started, planner::primary_location(plan_, job), plan_.keys[job.key].primary.text());
    if (outcome) {
        apply_to_key(started, *outcome);
    }
}

/// Whether `next` would create a replica of a key whose values to copy are unknown, because the
/// primary does not exist or its account's credentials are refused.
bool Executor::has_no_request(planner::JobIndex job, const NextCall& next) const {
    return next.call == JobCall::replicate && planner::lacks_contents(plan_, plan_.jobs[job]);
}

/// Applies the response to DescribeKey of a primary to all unresolved jobs of the key. A failure
/// shows nothing about individual jobs, so the decision for the first job applies to all of them.
void Executor::apply_to_key(const StartedCall& started,
                            const io::CallOutcome<io::DescribeKeyResult>& outcome) {
    const std::uint32_t key = started.call.key;
    const bool has_failed = failure_in(outcome) != nullptr;
    const auto decide = [&](planner::JobIndex job) {
        const JobArns arns = job_arns(plan_, plan_.jobs[job]);
        return after_describe_primary(begun_.at(job), outcome, arns, context(started));
    };
    const std::vector<planner::JobIndex> jobs = unresolved_.take(key);
    const JobDecision first = decide(jobs.front());
    const bool is_postponed = record(started, first, failure_in(outcome));
    for (const planner::JobIndex job : jobs) {
        const JobDecision decision = job == jobs.front() || has_failed ? first : decide(job);
        const auto* next = std::get_if<NextCall>(&decision.next);
        if (next == nullptr) {
            end_job(job, std::get<JobEnd>(decision.next));
        } else if (has_no_request(job, *next)) {
            end_job(job, resumed_.unsendable_end(job));
        } else if (next->call == JobCall::replicate) {
            resumed_.record_absent(job);
            begun_.erase(job);
            ++progress_.begun;
            schedule_next(job, *next, is_postponed);
        } else if (next->call != JobCall::describe_primary || unresolved_.add(key, job)) {
            schedule_next(job, *next, is_postponed);
        }
    }
}

void Executor::apply(const StartedCall& started,
                     const JobDecision& decision,
                     const io::CallFailure* failure) {
    const planner::JobIndex job = started.call.id;
    const bool is_postponed = record(started, decision, failure);
    const auto* next = std::get_if<NextCall>(&decision.next);
    if (next == nullptr) {
        end_job(job, std::get<JobEnd>(decision.next));
        return;
    }
    const bool is_missing = next->call == JobCall::replicate && resumed_.is_rechecked(job);
    if (is_missing && !record_missing(job)) {
        return;
    }
    if (has_no_request(job, *next)) {
        end_job(job, resumed_.unsendable_end(job));
        return;
    }
    schedule_next(job, *next, is_postponed);
}

/// Records that the replica of a done job no longer exists. Returns false if it cannot be created
/// again, so that the job has ended.
bool Executor::record_missing(planner::JobIndex job) {
    --progress_.unchecked;
    const JobEnd end = resumed_.record_missing(job);
    if (end.outcome != JobPhase::deferred) {
        end_job(job, end);
        return false;
    }
    journal_.write(end_entry(plan_, job, end));
    begun_.erase(job);
    reasons_.erase(job);
    return true;
}

/// Applies the outcome of a call to quotas, circuit breakers and counters, but not to its job.
/// Returns true if a retry must be postponed.
bool Executor::record(const StartedCall& started,
                      const JobDecision& decision,
                      const io::CallFailure* failure) {
    const bool is_retried = failure != nullptr && decision.failure_class != FailureClass::none &&
                            std::holds_alternative<NextCall>(decision.next);
    const CallFeedback feedback = feedback_of(failure, decision.failure_class, is_retried);
    const planner::JobIndex job = started.call.id;
    set_waits_after(job, is_retried ? decision.failure_class : FailureClass::none);
    if (failure == nullptr || std::holds_alternative<JobEnd>(decision.next)) {
        reasons_.erase(job);
    } else if (reasons_.size() < kReasonsMax || reasons_.contains(job)) {
        reasons_.insert_or_assign(job, Reason{feedback.code, feedback.message, clock_.wall_now()});
    }
    return dispatcher_.record(started, feedback);
}

StepContext Executor::context(const StartedCall& started) {
    constexpr double kTwoToMinus53 = 0x1p-53;
    return StepContext{clock_.now(),
                       static_cast<double>(random_() >> 11U) * kTwoToMinus53,
                       &plan_.settings.retry,
                       &plan_.settings.wait,
                       started.is_probe,
                       kms_time_.ahead(ClockReading(clock_)),
                       resumed_.wants_disabled(started.call.id)};
}

}  // namespace keyferry::engine
