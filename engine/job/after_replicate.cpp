// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// Sends ReplicateKey again after a short backoff, or defers the job if it has no attempts left.
JobDecision resend(JobState& state, const io::CallFailure& failure, const StepContext& context) {
    if (!has_attempts_left(state, context)) {
        return end_for_now(state,
                           failure,
                           fmt::format("not retried again in this run after {} attempts: {}",
                                       state.replicate_attempts,
                                       failure.message));
    }
    const int retry = std::max(0, state.replicate_attempts - 1);
    return next_call(JobCall::replicate,
                     backoff(transient_range(context), retry, failure, context));
}

/// Handles a permanent rejection of the job's request. An earlier attempt may still have succeeded.
JobDecision refused(const JobState& state, const io::CallFailure& failure) {
    if (state.stage != ReplicaStage::unresolved) {
        return end_with(JobPhase::failed, failure);
    }
    return end_with(
        JobPhase::unknown,
        failure,
        fmt::format(
            "an earlier attempt may have created the replica, but this attempt was rejected: {}",
            failure.message));
}

JobDecision after_policy_refused(JobState& state,
                                 const io::CallFailure& failure,
                                 const StepContext& context) {
    if (!state.policy_refused_at) {
        state.policy_refused_at = context.now;
    }
    if (context.now - *state.policy_refused_at >= context.retry->malformed_policy_max) {
        return refused(state, failure);
    }
    return next_call(JobCall::replicate, backoff(throttle_range(context), 3, failure, context));
}

/// Starts waiting for the replica. Any earlier wait for the primary does not count.
void restart_wait(JobState& state) noexcept {
    state.waiting_since.reset();
    state.polls = 0;
}

JobDecision after_unknown_outcome(JobState& state, const StepContext& context) {
    state.stage = ReplicaStage::unresolved;
    if (!state.doubt_since) {
        state.doubt_since = state.last_sent;
        // this machine's clock may have been adjusted since the request was sent
        state.kms_ahead_at_doubt =
            state.kms_ahead_at_send ? state.kms_ahead_at_send : context.kms_ahead;
    }
    state.absent_polls = 0;
    return check_for_lost_replica(state, JobCall::describe_replica, context);
}

/// Handles a failure that is not a failed probe of a parked scope.
JobDecision after_own_failure(JobState& state,
                              Disposition disposition,
                              const io::CallFailure& failure,
                              const StepContext& context) {
    ++state.replicate_attempts;
    if (!state.failing_since) {
        state.failing_since = context.now;
    }
    state.last_failure = std::make_shared<const io::CallFailure>(failure);
    reset_throttles(state);
    switch (disposition) {
        case Disposition::retry:
            return resend(state, failure, context);
        case Disposition::reconcile:
            return after_unknown_outcome(state, context);
        case Disposition::retry_policy:
            return after_policy_refused(state, failure, context);
        case Disposition::wait_for_state:
            if (!state.waiting_since) {
                state.waiting_since = context.now;
            }
            if (context.now - *state.waiting_since >= context.wait->ready_timeout) {
                return end_for_now(state, failure, failure.message);
            }
            return next_call(JobCall::replicate, context.wait->poll_delay_max);
        case Disposition::adopt:
            state.stage = ReplicaStage::existing;
            state.absent_polls = 0;
            restart_wait(state);
            return next_call(JobCall::describe_replica, milliseconds(0));
        case Disposition::end_account:
            return end_for_now(state, failure, failure.message);
        case Disposition::absent:
        case Disposition::fail:
        case Disposition::retry_throttled:
        case Disposition::retry_limit:
            break;
    }
    return refused(state, failure);
}

JobDecision after_replicate_failure(JobState& state,
                                    const io::CallFailure& failure,
                                    const StepContext& context) {
    const Disposition disposition = disposition_of(io::KmsApi::replicate_key, failure);
    const FailureClass failure_class = failure_class_of(disposition, failure);
    const auto decide = [&] {
        if (is_only_of_probe(failure_class, context)) {
            return disposition == Disposition::reconcile ? after_unknown_outcome(state, context)
                                                         : wait_on(JobCall::replicate);
        }
        const bool slows_down =
            disposition == Disposition::retry_throttled || disposition == Disposition::retry_limit;
        return slows_down ? throttled(state, JobCall::replicate, failure, context)
                          : after_own_failure(state, disposition, failure, context);
    };
    JobDecision decision = decide();
    decision.failure_class = failure_class;
    return decision;
}

}  // namespace

io::CallOutcome<io::ReplicateKeyResult> checked_replica(
    io::CallOutcome<io::ReplicateKeyResult> outcome, const JobArns& arns) {
    const auto* success = std::get_if<io::CallSuccess<io::ReplicateKeyResult>>(&outcome);
    if (success == nullptr || success->result.replica_key_metadata.arn == arns.replica) {
        return outcome;
    }
    io::CallFailure unexpected(
        io::Certainty::unknown,
        io::KmsErrorCode::server_error,
        fmt::format("the response to ReplicateKey contains the key {} instead of {}",
                    success->result.replica_key_metadata.arn.value_or("(without an ARN)"),
                    arns.replica));
    constexpr int kOk = 200;
    unexpected.http_status = kOk;
    unexpected.request_id = success->request_id;
    return unexpected;
}

JobDecision after_replicate(JobState& state,
                            const io::CallOutcome<io::ReplicateKeyResult>& outcome,
                            const JobArns& arns,
                            const StepContext& context) {
    const auto* failure = std::get_if<io::CallFailure>(&outcome);
    state.is_last_unsent = failure != nullptr && failure->certainty == io::Certainty::not_sent;
    if (failure != nullptr) {
        return after_replicate_failure(state, *failure, context);
    }
    const auto& success = std::get<io::CallSuccess<io::ReplicateKeyResult>>(outcome);
    const io::KeyMetadata& metadata = success.result.replica_key_metadata;
    assert(metadata.arn == arns.replica);
    ++state.replicate_attempts;
    reset_throttles(state);
    state.stage = ReplicaStage::accepted;
    restart_wait(state);
    state.creation_date_s = metadata.creation_date_s;
    const io::KeyState key_state = metadata.key_state.value_or(io::KeyState::creating);
    const auto decide = [&] {
        if (key_state == io::KeyState::pending_import) {
            return unusable(
                state, key_state, std::string(kPendingImportText), success.request_id, context);
        }
        return key_state == io::KeyState::enabled || !context.wait->until_ready
                   ? enabled(state, key_state, success.request_id, context)
                   : poll_again(state, "creating", context);
    };
    JobDecision decision = decide();
    decision.now_accepted = true;
    return decision;
}

}  // namespace keyferry::engine
