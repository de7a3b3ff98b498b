// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// Sends ReplicateKey again after a short backoff, or defers the job when its attempts are used up.
JobDecision resend(JobState& state, const io::CallFailure& failure, const StepContext& context) {
    if (state.replicate_attempts >= context.retry->attempts_max) {
        return give_up_for_now(state,
                               failure,
                               fmt::format("given up for now after {} attempts: {}",
                                           state.replicate_attempts,
                                           failure.message));
    }
    const int retry = std::max(0, state.replicate_attempts - 1);
    return next_call(JobCall::replicate,
                     backoff(transient_range(context), retry, failure, context));
}

/// KMS has refused the job's request for good. An earlier attempt may have been done all the same.
JobDecision refused(const JobState& state, const io::CallFailure& failure) {
    if (!state.in_doubt) {
        return end_with(JobOutcome::failed, failure);
    }
    return end_with(JobOutcome::unknown,
                    failure,
                    fmt::format("an earlier attempt may have made the replica, and this one was "
                                "refused: {}",
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

/// The replica's time begins: what the primary was waited for is another matter.
void wait_anew(JobState& state) noexcept {
    state.waiting_since.reset();
    state.polls = 0;
}

JobDecision after_doubt(JobState& state, const StepContext& context) {
    state.in_doubt = true;
    if (!state.doubt_since) {
        state.doubt_since = state.last_sent;
        state.kms_ahead_at_doubt = context.kms_ahead;  // this machine's clock may be set meanwhile
    }
    state.absent_polls = 0;
    return look_for_unseen(state, JobCall::describe_replica, context);
}

/// After a failure that is the job's own, or of its gate's way while that is not parked.
JobDecision after_own_failure(JobState& state,
                              Disposition disposition,
                              const io::CallFailure& failure,
                              const StepContext& context) {
    ++state.replicate_attempts;
    not_throttled(state);
    switch (disposition) {
        case Disposition::retry:
            return resend(state, failure, context);
        case Disposition::reconcile:
            return after_doubt(state, context);
        case Disposition::retry_policy:
            return after_policy_refused(state, failure, context);
        case Disposition::wait_for_state:
            if (!state.waiting_since) {
                state.waiting_since = context.now;
            }
            if (context.now - *state.waiting_since >= context.wait->ready_timeout) {
                return give_up_for_now(state, failure, failure.message);
            }
            return next_call(JobCall::replicate, context.wait->poll_delay_max);
        case Disposition::adopt:
            state.seen_existing = true;
            state.absent_polls = 0;
            wait_anew(state);
            return next_call(JobCall::describe_replica, milliseconds(0));
        case Disposition::stop_run: {
            JobDecision decision = give_up_for_now(state, failure, failure.message);
            decision.stops_run = true;
            return decision;
        }
        case Disposition::absent:
        case Disposition::fail:
        case Disposition::fail_denied:
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
    const FailureClass trouble = trouble_of(disposition);
    const auto decide = [&] {
        if (context.is_probe && trouble != FailureClass::none) {
            return disposition == Disposition::reconcile ? after_doubt(state, context)
                                                         : wait_on(JobCall::replicate);
        }
        const bool slows_down =
            disposition == Disposition::retry_throttled || disposition == Disposition::retry_limit;
        return slows_down ? throttled(state, JobCall::replicate, failure, context)
                          : after_own_failure(state, disposition, failure, context);
    };
    JobDecision decision = decide();
    decision.trouble = trouble;
    decision.retry_after = failure.retry_after;
    return decision;
}

}  // namespace

JobDecision after_replicate(JobState& state,
                            const io::CallOutcome<io::ReplicateKeyResult>& outcome,
                            const JobArns& arns,
                            const StepContext& context) {
    if (const auto* failure = std::get_if<io::CallFailure>(&outcome)) {
        return after_replicate_failure(state, *failure, context);
    }
    const auto& success = std::get<io::CallSuccess<io::ReplicateKeyResult>>(outcome);
    const io::KeyMetadata& metadata = success.result.replica_key_metadata;
    if (metadata.arn != arns.replica) {
        const io::CallFailure strange(
            io::Certainty::unknown,
            io::KmsErrorCode::other,
            fmt::format("KMS answered with the key {}", metadata.arn.value_or("(without an ARN)")));
        return after_replicate_failure(state, strange, context);
    }
    ++state.replicate_attempts;
    not_throttled(state);
    state.accepted = true;
    wait_anew(state);
    state.creation_date_s = metadata.creation_date_s;
    const io::KeyState key_state = metadata.key_state.value_or(io::KeyState::creating);
    const bool ready =
        key_state == io::KeyState::enabled || key_state == io::KeyState::pending_import;
    JobDecision decision = ready || !context.wait->until_ready
                               ? done(state, key_state, success.request_id, context)
                               : look_again(state, "creating", context);
    decision.now_accepted = true;
    return decision;
}

}  // namespace keyferry::engine
