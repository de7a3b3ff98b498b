// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"

#include <fmt/format.h>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// Nothing was found where a replica may be.
JobDecision after_absent(JobState& state,
                         const io::CallFailure& failure,
                         const StepContext& context) {
    if (state.accepted) {
        return look_again(state, "not to be seen", context);  // KMS said yes: it is on its way
    }
    if (looks_left(state)) {
        return look_for_unseen(state, JobCall::describe_replica, context);
    }
    if (state.seen_existing) {
        return end_with(JobOutcome::unknown,
                        failure,
                        "KMS says that the replica exists, and does not find it when asked for it; "
                        "a rerun asks again");
    }
    was_not_made(state);
    if (state.replicate_attempts >= context.retry->attempts_max) {
        return give_up_for_now(state,
                               failure,
                               fmt::format("{} attempts left no replica; a rerun tries again",
                                           state.replicate_attempts));
    }
    state.absent_polls = 0;
    return next_call(JobCall::replicate, milliseconds(0));
}

JobDecision after_failed_describe(JobState& state,
                                  Disposition disposition,
                                  const io::CallFailure& failure,
                                  const StepContext& context) {
    if (disposition == Disposition::retry_throttled) {
        return throttled(state, JobCall::describe_replica, failure, context);
    }
    not_throttled(state);
    if (disposition == Disposition::absent) {
        was_seen(state);
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
    // A Region that cannot be reached for a while leaves no job in doubt.
    std::optional<JobDecision> again =
        look_once_more(state, JobCall::describe_replica, failure, context);
    return again ? *std::move(again) : end_unseen(state, failure);
}

JobDecision after_describe_failure(JobState& state,
                                   const io::CallFailure& failure,
                                   const StepContext& context) {
    const Disposition disposition = disposition_of(io::KmsApi::describe_key, failure);
    const FailureClass trouble = trouble_of(disposition);
    JobDecision decision = context.is_probe && trouble != FailureClass::none
                               ? wait_on(JobCall::describe_replica)
                               : after_failed_describe(state, disposition, failure, context);
    decision.trouble = trouble;
    decision.retry_after = failure.retry_after;
    return decision;
}

JobDecision conflict(const io::CallSuccess<io::DescribeKeyResult>& success, std::string message) {
    const io::KeyMetadata& metadata = success.result.key_metadata;
    JobEnd end(JobOutcome::conflict);
    end.key_state = metadata.key_state ? name_of(*metadata.key_state) : "";
    end.creation_date_s = metadata.creation_date_s;
    end.message = std::move(message);
    end.request_id = success.request_id;
    return JobDecision{std::move(end)};
}

/// Empty when `metadata` is of the replica that the job is about; else what stands in the way.
std::string whose_key(const io::KeyMetadata& metadata, const JobArns& arns) {
    if (metadata.arn && *metadata.arn != arns.replica) {
        return fmt::format("KMS describes another key when asked for it: {}", *metadata.arn);
    }
    if (!metadata.multi_region_configuration) {
        return "KMS does not say that the key is a multi-Region key";
    }
    const io::MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    if (configuration.type == io::MultiRegionKeyType::primary) {
        return "the key in the replica's Region is the primary: it was moved there";
    }
    if (configuration.type != io::MultiRegionKeyType::replica) {
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

std::string deletion_text(const io::KeyMetadata& metadata) {
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

JobDecision after_describe(JobState& state,
                           const io::CallOutcome<io::DescribeKeyResult>& outcome,
                           const JobArns& arns,
                           const StepContext& context) {
    if (const auto* failure = std::get_if<io::CallFailure>(&outcome)) {
        return after_describe_failure(state, *failure, context);
    }
    const auto& success = std::get<io::CallSuccess<io::DescribeKeyResult>>(outcome);
    const io::KeyMetadata& metadata = success.result.key_metadata;
    was_seen(state);
    if (std::string problem = whose_key(metadata, arns); !problem.empty()) {
        return conflict(success, std::move(problem));
    }
    state.creation_date_s = metadata.creation_date_s;
    switch (metadata.key_state.value_or(io::KeyState::other)) {
        case io::KeyState::creating:
            if (!context.wait->until_ready) {
                return done(state, io::KeyState::creating, success.request_id, context);
            }
            return look_again(state, "creating", context);
        case io::KeyState::updating:
            return look_again(state, "updating", context);
        case io::KeyState::enabled:
            return done(state, io::KeyState::enabled, success.request_id, context);
        case io::KeyState::pending_import:
            return done(state, io::KeyState::pending_import, success.request_id, context);
        case io::KeyState::disabled:
            return conflict(success, "the replica is disabled; EnableKey would make it usable");
        case io::KeyState::pending_deletion:
        case io::KeyState::pending_replica_deletion:
            return conflict(success, deletion_text(metadata));
        case io::KeyState::unavailable:
        case io::KeyState::other:
            break;
    }
    return conflict(success, "the replica is in a state in which it cannot be used");
}

}  // namespace keyferry::engine
