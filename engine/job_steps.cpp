#include "engine/job_steps.hpp"

#include "engine/backoff.hpp"
#include "engine/disposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace keyferry {

namespace {

using std::chrono::milliseconds;

/// A replica that may have been made shows up within seconds as a rule. It is looked for at these
/// parts of the settings' doubt_timeout (1, 3, 10 and 30 s by default); when the last look has
/// found nothing, the request is sent again with the same parameters, which KMS refuses should the
/// first still come through.
constexpr std::array kAbsentLookTimes{1.0 / 30, 1.0 / 10, 1.0 / 3, 1.0};

/// How far the replica's creation date may lie before our own record of sending, since clocks
/// differ.
constexpr double kClockTolerance_s = 5;

BackoffRange transient_range(const StepContext& context) {
    return {context.retry->transient_delay_base, context.retry->delay_max};
}

BackoffRange throttle_range(const StepContext& context) {
    return {context.retry->throttle_delay_base, context.retry->delay_max};
}

milliseconds backoff(const BackoffRange& range,
                     int retry,
                     const CallFailure& failure,
                     const StepContext& context) {
    return backoff_delay(range, retry, context.random01, failure.retry_after);
}

JobDecision go_on(JobCall call, milliseconds delay) {
    JobDecision decision{NextCall{call, delay}};
    return decision;
}

JobDecision finish(JobEnd end) {
    return JobDecision{std::move(end)};
}

JobDecision end_with(JournalEvent outcome, const CallFailure& failure, std::string message) {
    JobEnd end(outcome);
    end.code = failure.wire_code.empty() ? std::string(name_of(failure.code)) : failure.wire_code;
    end.message = std::move(message);
    end.request_id = failure.request_id;
    return finish(std::move(end));
}

JobDecision end_with(JournalEvent outcome, const CallFailure& failure) {
    return end_with(outcome, failure, failure.message);
}

Attribution attribution_of(const JobState& state) {
    if (state.accepted) {
        return Attribution::created;
    }
    if (!state.in_doubt || !state.first_sent) {
        return Attribution::existed;
    }
    const std::chrono::duration<double> sent_s = state.first_sent->time_since_epoch();
    const bool made_after_sent =
        state.creation_date_s && *state.creation_date_s >= sent_s.count() - kClockTolerance_s;
    return made_after_sent ? Attribution::created_reconciled : Attribution::existed;
}

JobDecision done(const JobState& state, KeyState key_state, const std::string& request_id) {
    JobEnd end(JournalEvent::done);
    end.attribution = attribution_of(state);
    end.key_state = name_of(key_state);
    end.creation_date_s = state.creation_date_s;
    end.request_id = request_id;
    return finish(std::move(end));
}

/// The next look at a replica that is on its way, or the end of patience.
JobDecision look_again(JobState& state, std::string_view doing, const StepContext& context) {
    if (!state.waiting_since) {
        state.waiting_since = context.now;
    }
    if (context.now - *state.waiting_since >= context.wait->ready_timeout) {
        JobEnd end(JournalEvent::deferred);
        end.code = "StillCreating";
        end.message = fmt::format(
            "the replica is still {} after {} s; a rerun looks again",
            doing,
            std::chrono::duration_cast<std::chrono::seconds>(context.wait->ready_timeout).count());
        end.creation_date_s = state.creation_date_s;
        return finish(std::move(end));
    }
    // Grows by half: a replica that took long may take longer.
    double delay_ms = static_cast<double>(context.wait->poll_delay_min.count());
    const auto delay_ms_max = static_cast<double>(context.wait->poll_delay_max.count());
    for (int look = 0; look < state.looks && delay_ms < delay_ms_max; ++look) {
        delay_ms *= 1.5;
    }
    ++state.looks;
    return go_on(JobCall::describe_replica,
                 milliseconds(static_cast<milliseconds::rep>(std::min(delay_ms, delay_ms_max))));
}

JobDecision throttled(JobState& state,
                      JobCall call,
                      const CallFailure& failure,
                      const StepContext& context) {
    JobDecision decision =
        go_on(call, backoff(throttle_range(context), state.throttles, failure, context));
    ++state.throttles;
    decision.throttled = true;
    return decision;
}

/// The end of a job for this run. A job in doubt stays so: a rerun looks before it sends.
JobDecision give_up_for_now(const JobState& state,
                            const CallFailure& failure,
                            std::string message) {
    const JournalEvent outcome = state.in_doubt ? JournalEvent::unknown : JournalEvent::deferred;
    return end_with(outcome, failure, std::move(message));
}

/// Sends ReplicateKey again after `range`'s backoff, or defers the job when its attempts are used
/// up.
JobDecision resend(JobState& state,
                   const BackoffRange& range,
                   const CallFailure& failure,
                   const StepContext& context) {
    if (state.replicate_attempts >= context.retry->attempts_max) {
        return give_up_for_now(state,
                               failure,
                               fmt::format("given up for now after {} attempts: {}",
                                           state.replicate_attempts,
                                           failure.message));
    }
    const int retry = std::max(0, state.replicate_attempts - 1);
    return go_on(JobCall::replicate, backoff(range, retry, failure, context));
}

/// KMS has refused the job's request for good. An earlier attempt may have been done all the same.
JobDecision refused(const JobState& state, const CallFailure& failure) {
    if (!state.in_doubt) {
        return end_with(JournalEvent::failed, failure);
    }
    return end_with(JournalEvent::unknown,
                    failure,
                    fmt::format("an earlier attempt may have made the replica, and this one was "
                                "refused: {}",
                                failure.message));
}

JobDecision after_policy_refused(JobState& state,
                                 const CallFailure& failure,
                                 const StepContext& context) {
    if (!state.policy_refused_at) {
        state.policy_refused_at = context.now;
    }
    if (context.now - *state.policy_refused_at >= context.retry->malformed_policy_max) {
        return refused(state, failure);
    }
    return go_on(JobCall::replicate, backoff(throttle_range(context), 3, failure, context));
}

/// The look after a ReplicateKey that may have been done, or after none was found so far.
JobDecision look_for_unseen(JobState& state, const StepContext& context) {
    const auto look = static_cast<std::size_t>(state.absent_looks);
    const double since_last =
        kAbsentLookTimes.at(look) - (look == 0 ? 0 : kAbsentLookTimes.at(look - 1));
    ++state.absent_looks;
    const double delay_ms = since_last * static_cast<double>(context.wait->doubt_timeout.count());
    return go_on(JobCall::describe_replica, milliseconds(std::llround(delay_ms)));
}

JobDecision after_replicate_failure(JobState& state,
                                    const CallFailure& failure,
                                    const StepContext& context) {
    const Disposition disposition = disposition_of(KmsApi::replicate_key, failure);
    if (disposition == Disposition::retry_throttled) {
        return throttled(state, JobCall::replicate, failure, context);
    }
    ++state.replicate_attempts;
    state.throttles = 0;
    switch (disposition) {
        case Disposition::retry:
            return resend(state, transient_range(context), failure, context);
        case Disposition::retry_limit:
            return resend(state, throttle_range(context), failure, context);
        case Disposition::retry_policy:
            return after_policy_refused(state, failure, context);
        case Disposition::wait_for_state:
            if (!state.waiting_since) {
                state.waiting_since = context.now;
            }
            if (context.now - *state.waiting_since >= context.wait->ready_timeout) {
                return give_up_for_now(state, failure, failure.message);
            }
            return go_on(JobCall::replicate, context.wait->poll_delay_max);
        case Disposition::reconcile:
            state.in_doubt = true;
            state.absent_looks = 0;
            return look_for_unseen(state, context);
        case Disposition::adopt:
            state.seen_existing = true;
            state.absent_looks = 0;
            return go_on(JobCall::describe_replica, milliseconds(0));
        case Disposition::stop_run: {
            JobDecision decision = give_up_for_now(state, failure, failure.message);
            decision.stops_run = true;
            return decision;
        }
        case Disposition::absent:
        case Disposition::fail:
        case Disposition::retry_throttled:
            break;
    }
    return refused(state, failure);
}

/// Nothing was found where a replica may be.
JobDecision after_absent(JobState& state, const CallFailure& failure, const StepContext& context) {
    if (state.accepted) {
        return look_again(state, "not to be seen", context);  // KMS said yes: it is on its way
    }
    if (state.absent_looks < static_cast<int>(kAbsentLookTimes.size())) {
        return look_for_unseen(state, context);
    }
    if (state.seen_existing) {
        return end_with(JournalEvent::unknown,
                        failure,
                        "KMS says that the replica exists, and does not find it when asked for it; "
                        "a rerun asks again");
    }
    if (state.replicate_attempts >= context.retry->attempts_max) {
        return give_up_for_now(state,
                               failure,
                               fmt::format("{} attempts left no replica; a rerun tries again",
                                           state.replicate_attempts));
    }
    state.absent_looks = 0;
    return go_on(JobCall::replicate, milliseconds(0));
}

/// The end of a job whose replica could not be looked at.
JobDecision end_unseen(const JobState& state, const CallFailure& failure) {
    const bool may_exist = state.in_doubt || state.accepted || state.seen_existing;
    const std::string_view known = state.accepted        ? "KMS has accepted the replica"
                                   : state.seen_existing ? "a replica exists"
                                                         : "the replica may have been made";
    return end_with(
        may_exist ? JournalEvent::unknown : JournalEvent::failed,
        failure,
        fmt::format(
            "{}, but DescribeKey in its Region cannot tell its state: {}", known, failure.message));
}

JobDecision after_describe_failure(JobState& state,
                                   const CallFailure& failure,
                                   const StepContext& context) {
    const Disposition disposition = disposition_of(KmsApi::describe_key, failure);
    if (disposition == Disposition::retry_throttled) {
        return throttled(state, JobCall::describe_replica, failure, context);
    }
    state.throttles = 0;
    if (disposition == Disposition::absent) {
        state.describe_attempts = 0;
        return after_absent(state, failure, context);
    }
    if (disposition == Disposition::stop_run) {
        JobDecision decision = end_unseen(state, failure);
        decision.stops_run = true;
        return decision;
    }
    if (disposition == Disposition::fail) {
        return end_unseen(state, failure);
    }
    ++state.describe_attempts;
    if (state.describe_attempts >= context.retry->attempts_max) {
        return end_unseen(state, failure);
    }
    return go_on(JobCall::describe_replica,
                 backoff(transient_range(context), state.describe_attempts - 1, failure, context));
}

JobDecision conflict(const CallSuccess<DescribeKeyResult>& success, std::string message) {
    const KeyMetadata& metadata = success.result.key_metadata;
    JobEnd end(JournalEvent::conflict);
    end.key_state = metadata.key_state ? name_of(*metadata.key_state) : "";
    end.creation_date_s = metadata.creation_date_s;
    end.message = std::move(message);
    end.request_id = success.request_id;
    return finish(std::move(end));
}

/// Empty when `metadata` is of the replica that the job is about; else what stands in the way.
std::string whose_key(const KeyMetadata& metadata, const JobArns& arns) {
    if (metadata.arn && *metadata.arn != arns.replica) {
        return fmt::format("KMS describes another key when asked for it: {}", *metadata.arn);
    }
    if (!metadata.multi_region_configuration) {
        return "KMS does not say that the key is a multi-Region key";
    }
    const MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    if (configuration.type == MultiRegionKeyType::primary) {
        return "the key in the replica's Region is the primary: it was moved there";
    }
    if (configuration.type != MultiRegionKeyType::replica) {
        return "KMS does not say that the key is a replica";
    }
    if (!configuration.primary_key || configuration.primary_key->arn != arns.primary) {
        return fmt::format(
            "the replica's primary is {}, not {}",
            configuration.primary_key ? configuration.primary_key->arn : "not named by KMS",
            arns.primary);
    }
    return {};
}

std::string deletion_text(const KeyMetadata& metadata) {
    if (!metadata.deletion_date_s) {
        return "the replica waits for its deletion";
    }
    const std::chrono::sys_seconds day(
        std::chrono::seconds(static_cast<std::int64_t>(*metadata.deletion_date_s)));
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(day));
    return fmt::format(
        "the replica will be deleted on {:04}-{:02}-{:02}; CancelKeyDeletion and EnableKey would "
        "keep it",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()));
}

}  // namespace

JobDecision after_replicate(JobState& state,
                            const CallOutcome<ReplicateKeyResult>& outcome,
                            const JobArns& arns,
                            const StepContext& context) {
    if (const auto* failure = std::get_if<CallFailure>(&outcome)) {
        return after_replicate_failure(state, *failure, context);
    }
    const auto& success = std::get<CallSuccess<ReplicateKeyResult>>(outcome);
    const KeyMetadata& metadata = success.result.replica_key_metadata;
    if (metadata.arn && *metadata.arn != arns.replica) {
        const CallFailure strange(Certainty::unknown,
                                  KmsErrorCode::other,
                                  fmt::format("KMS answered with the key {}", *metadata.arn));
        return after_replicate_failure(state, strange, context);
    }
    ++state.replicate_attempts;
    state.throttles = 0;
    state.accepted = true;
    state.creation_date_s = metadata.creation_date_s;
    const KeyState key_state = metadata.key_state.value_or(KeyState::creating);
    const bool ready = key_state == KeyState::enabled || key_state == KeyState::pending_import;
    JobDecision decision = ready || !context.wait->until_ready
                               ? done(state, key_state, success.request_id)
                               : look_again(state, "creating", context);
    decision.now_accepted = true;
    return decision;
}

JobDecision after_describe(JobState& state,
                           const CallOutcome<DescribeKeyResult>& outcome,
                           const JobArns& arns,
                           const StepContext& context) {
    if (const auto* failure = std::get_if<CallFailure>(&outcome)) {
        return after_describe_failure(state, *failure, context);
    }
    const auto& success = std::get<CallSuccess<DescribeKeyResult>>(outcome);
    const KeyMetadata& metadata = success.result.key_metadata;
    state.throttles = 0;
    state.describe_attempts = 0;
    if (std::string problem = whose_key(metadata, arns); !problem.empty()) {
        return conflict(success, std::move(problem));
    }
    state.creation_date_s = metadata.creation_date_s;
    switch (metadata.key_state.value_or(KeyState::other)) {
        case KeyState::creating:
            if (!context.wait->until_ready) {
                return done(state, KeyState::creating, success.request_id);
            }
            return look_again(state, "creating", context);
        case KeyState::updating:
            return look_again(state, "updating", context);
        case KeyState::enabled:
            return done(state, KeyState::enabled, success.request_id);
        case KeyState::pending_import:
            return done(state, KeyState::pending_import, success.request_id);
        case KeyState::disabled:
            return conflict(success, "the replica is disabled; EnableKey would make it usable");
        case KeyState::pending_deletion:
        case KeyState::pending_replica_deletion:
            return conflict(success, deletion_text(metadata));
        case KeyState::unavailable:
        case KeyState::other:
            break;
    }
    return conflict(success, "the replica is in a state in which it cannot be used");
}

JobState resumed_job(
    int attempts, WallTime first_sent, bool accepted, WallTime wall_now, const WaitSettings& wait) {
    JobState state;
    state.attempts_before = attempts;
    state.first_sent = first_sent;
    state.accepted = accepted;
    state.in_doubt = !accepted;
    if (wall_now - first_sent > wait.doubt_timeout) {
        state.absent_looks = static_cast<int>(kAbsentLookTimes.size());
    }
    return state;
}

}  // namespace keyferry
