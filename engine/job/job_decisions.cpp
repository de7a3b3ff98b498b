// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"

#include "engine/job/poll_delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyferry::engine {

using std::chrono::milliseconds;

namespace {

/// A replica that may have been created usually appears within seconds. It is checked at these
/// fractions of the configured doubt_timeout (1, 3, 10 and 30 s by default). If the last check does
/// not find it, the request is sent again with the same parameters; KMS rejects it if the first
/// request takes effect after all.
constexpr std::array kAbsentPollTimes{1.0 / 30, 1.0 / 10, 1.0 / 3, 1.0};
static_assert(kAbsentPollTimes.size() == kAbsentPollsMax);

/// The replica's creation date may be this much earlier than the recorded send time, with both
/// times on KMS's clock. KMS's dates have a resolution of one second, and the clocks of KMS's
/// machines differ slightly.
constexpr double kClockTolerance_s = 5;

JobDecision finish(JobEnd end) {
    return JobDecision{std::move(end)};
}

/// Whether the replica was created after a request that was recorded as sent at `sent`, when KMS's
/// clock was ahead of ours by `kms_ahead`.
bool was_created_after(io::WallTime sent, milliseconds kms_ahead, const JobState& state) {
    const std::chrono::duration<double> sent_s = sent.time_since_epoch() + kms_ahead;
    return state.creation_date_s && *state.creation_date_s >= sent_s.count() - kClockTolerance_s;
}

/// How the replica was created, according to what is known so far.
Attribution attribution_of(const JobState& state, const StepContext& context) {
    if (state.stage == ReplicaStage::accepted) {
        return Attribution::created;
    }
    if (state.attribution) {
        return *state.attribution;
    }
    if (!state.doubt_since) {
        return Attribution::existed;
    }
    const std::optional<milliseconds> kms_ahead =
        state.kms_ahead_at_doubt ? state.kms_ahead_at_doubt : context.kms_ahead;
    // The clock difference at the time of the first request may be unknown, and the clock may have
    // been adjusted since then. A replica that is newer than the last request is also newer than
    // the first.
    const bool is_newer_than_last =
        state.last_sent && state.kms_ahead_at_send &&
        was_created_after(*state.last_sent, *state.kms_ahead_at_send, state);
    return is_newer_than_last ||
                   was_created_after(*state.doubt_since, kms_ahead.value_or(milliseconds(0)), state)
               ? Attribution::created_reconciled
               : Attribution::existed;
}

/// The outcome of a job that a rerun resumes.
JobPhase outcome_for_now(const JobState& state) noexcept {
    const bool is_unknown = state.stage != ReplicaStage::accepted && state.may_exist();
    return is_unknown ? JobPhase::unknown : JobPhase::deferred;
}

}  // namespace

BackoffRange transient_range(const StepContext& context) {
    return {context.retry->transient_delay_base, context.retry->delay_max};
}

BackoffRange throttle_range(const StepContext& context) {
    return {context.retry->throttle_delay_base, context.retry->delay_max};
}

milliseconds backoff(const BackoffRange& range,
                     int retry,
                     const io::CallFailure& failure,
                     const StepContext& context) {
    return backoff_delay(range, retry, context.random01, failure.retry_after);
}

JobDecision next_call(JobCall call, milliseconds delay) {
    JobDecision decision{NextCall{call, delay}};
    return decision;
}

JobDecision wait_on(JobCall call) {
    return next_call(call, milliseconds(0));  // the scope's circuit breaker decides when
}

bool is_only_of_probe(FailureClass failure_class, const StepContext& context) noexcept {
    return context.is_probe && failure_class != FailureClass::none &&
           failure_class != FailureClass::bad_credentials;
}

JobDecision end_with(JobPhase outcome, const io::CallFailure& failure, std::string message) {
    JobEnd end(outcome);
    end.code = failure.wire_code.empty() ? std::string(name_of(failure.code)) : failure.wire_code;
    end.message = std::move(message);
    end.request_id = failure.request_id;
    return finish(std::move(end));
}

JobDecision end_with(JobPhase outcome, const io::CallFailure& failure) {
    return end_with(outcome, failure, failure.message);
}

JobDecision done(const JobState& state,
                 io::KeyState key_state,
                 const std::string& request_id,
                 const StepContext& context) {
    JobEnd end(JobPhase::done);
    end.attribution = attribution_of(state, context);
    end.key_state = name_of(key_state);
    end.creation_date_s = state.creation_date_s;
    end.request_id = request_id;
    return finish(std::move(end));
}

JobDecision enabled(const JobState& state,
                    io::KeyState key_state,
                    const std::string& request_id,
                    const StepContext& context) {
    return context.wants_disabled
               ? unusable(state,
                          key_state,
                          "KMS creates replicas Enabled, but the spec requires this one to be "
                          "Disabled; keyferry sync disables it",
                          request_id,
                          context)
               : done(state, key_state, request_id, context);
}

JobDecision unusable(const JobState& state,
                     io::KeyState key_state,
                     std::string message,
                     const std::string& request_id,
                     const StepContext& context) {
    JobEnd end(JobPhase::unusable);
    end.attribution = attribution_of(state, context);
    end.key_state = name_of(key_state);
    end.creation_date_s = state.creation_date_s;
    end.message = std::move(message);
    end.request_id = request_id;
    return finish(std::move(end));
}

JobDecision poll_again(JobState& state, std::string_view doing, const StepContext& context) {
    if (!state.waiting_since) {
        state.waiting_since = context.now;
    }
    if (context.now - *state.waiting_since >= context.wait->ready_timeout) {
        // A rerun attributes the replica of a deferred job to us, so the job is deferred only if
        // KMS accepted our request; otherwise, it ends as unknown.
        JobEnd end(outcome_for_now(state));
        end.code = "StillCreating";
        end.message = fmt::format(
            "the replica is still {} after {} s; a rerun checks again",
            doing,
            std::chrono::duration_cast<std::chrono::seconds>(context.wait->ready_timeout).count());
        end.creation_date_s = state.creation_date_s;
        return finish(std::move(end));
    }
    return next_call(JobCall::describe_replica, poll_delay(state.polls++, *context.wait));
}

JobDecision throttled(JobState& state,
                      JobCall call,
                      const io::CallFailure& failure,
                      const StepContext& context) {
    const int before = state.throttles;
    ++state.throttles;
    return next_call(call, backoff(throttle_range(context), before, failure, context));
}

void reset_throttles(JobState& state) noexcept {
    state.throttles = 0;
}

JobDecision end_for_now(const JobState& state,
                        const io::CallFailure& failure,
                        std::string message) {
    return end_with(outcome_for_now(state), failure, std::move(message));
}

bool has_attempts_left(const JobState& state, const StepContext& context) noexcept {
    const milliseconds failing_min =
        std::min<milliseconds>(context.wait->park_timeout, kWriteFailingMin);
    const io::Moment last_sent = state.sent_at.value_or(context.now);
    return state.replicate_attempts < context.retry->attempts_max ||
           last_sent - state.failing_since.value_or(last_sent) < failing_min;
}

JobDecision check_for_lost_replica(JobState& state, JobCall call, const StepContext& context) {
    const auto check = static_cast<std::size_t>(state.absent_polls);
    const double since_last =
        kAbsentPollTimes.at(check) - (check == 0 ? 0 : kAbsentPollTimes.at(check - 1));
    ++state.absent_polls;
    const double delay_ms = since_last * static_cast<double>(context.wait->doubt_timeout.count());
    return next_call(call, milliseconds(std::llround(delay_ms)));
}

bool absence_checks_left(const JobState& state) noexcept {
    return state.absent_polls < kAbsentPollsMax;
}

void confirm_not_created(JobState& state) noexcept {
    state.stage = ReplicaStage::none;
    state.attribution.reset();
    if (state.doubt_since == kNoSendOnRecord) {
        state.doubt_since.reset();
        state.kms_ahead_at_doubt.reset();
    }
}

void reset_describe_failures(JobState& state) noexcept {
    reset_throttles(state);
    state.describe_attempts = 0;
    state.unseen_since.reset();
}

std::optional<JobDecision> retry_describe(JobState& state,
                                          JobCall call,
                                          const io::CallFailure& failure,
                                          const StepContext& context) {
    if (!state.unseen_since) {
        state.unseen_since = context.now;
    }
    const int before = state.describe_attempts;
    ++state.describe_attempts;
    if (state.describe_attempts >= context.retry->attempts_max &&
        context.now - *state.unseen_since >= context.wait->ready_timeout) {
        return std::nullopt;
    }
    return next_call(call, backoff(transient_range(context), before, failure, context));
}

JobDecision end_unverified(const JobState& state, const io::CallFailure& failure) {
    const std::string_view known =
        state.stage == ReplicaStage::accepted   ? "KMS has accepted the request"
        : state.stage == ReplicaStage::existing ? "a replica exists"
                                                : "the replica may have been created";
    return end_with(
        JobPhase::unknown,
        failure,
        fmt::format("{}, but DescribeKey in its Region failed: {}", known, failure.message));
}

JobEnd end_abandoned(const JobState* state, std::string code, std::string message) {
    JobEnd end(state != nullptr ? outcome_for_now(*state) : JobPhase::deferred);
    end.code = std::move(code);
    end.message = std::move(message);
    end.creation_date_s = state != nullptr ? state->creation_date_s : std::nullopt;
    return end;
}

JobArns job_arns(const planner::Plan& plan, const planner::Job& job) {
    return JobArns{plan.keys[job.key].primary.text(), planner::replica_arn(plan, job).text()};
}

}  // namespace keyferry::engine
