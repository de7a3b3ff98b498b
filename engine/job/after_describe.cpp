// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// Handles NotFoundException for a replica that may exist.
JobDecision after_absent(JobState& state,
                         const io::CallFailure& failure,
                         const StepContext& context) {
    if (state.stage == ReplicaStage::accepted) {
        return poll_again(state, "not visible", context);  // accepted by KMS: it will appear
    }
    if (absence_checks_left(state)) {
        return check_for_lost_replica(state, JobCall::describe_replica, context);
    }
    if (state.stage == ReplicaStage::existing) {
        return end_with(JobPhase::unknown,
                        failure,
                        "KMS reports that the replica exists, but DescribeKey does not find it; "
                        "a rerun checks again");
    }
    confirm_not_created(state);
    if (!has_attempts_left(state, context)) {
        const io::CallFailure& cause = state.last_failure ? *state.last_failure : failure;
        return end_for_now(state,
                           cause,
                           fmt::format("no replica after {} attempts; the last attempt failed: {}",
                                       state.replicate_attempts,
                                       cause.message));
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
    reset_throttles(state);
    if (disposition == Disposition::absent) {
        reset_describe_failures(state);
        return after_absent(state, failure, context);
    }
    if (disposition == Disposition::fail || disposition == Disposition::end_account) {
        return end_unverified(state, failure);
    }
    // The call is retried, so that a temporarily unreachable Region does not leave jobs with
    // unknown outcomes.
    std::optional<JobDecision> again =
        retry_describe(state, JobCall::describe_replica, failure, context);
    return again ? *std::move(again) : end_unverified(state, failure);
}

JobDecision after_describe_failure(JobState& state,
                                   const io::CallFailure& failure,
                                   const StepContext& context) {
    const Disposition disposition = disposition_of(io::KmsApi::describe_key, failure);
    const FailureClass failure_class = failure_class_of(disposition, failure);
    JobDecision decision = is_only_of_probe(failure_class, context)
                               ? wait_on(JobCall::describe_replica)
                               : after_failed_describe(state, disposition, failure, context);
    decision.failure_class = failure_class;
    return decision;
}

JobDecision conflict(const io::CallSuccess<io::DescribeKeyResult>& success, std::string message) {
    const io::KeyMetadata& metadata = success.result.key_metadata;
    JobEnd end(JobPhase::conflict);
    end.key_state = metadata.key_state ? name_of(*metadata.key_state) : "";
    end.creation_date_s = metadata.creation_date_s;
    end.message = std::move(message);
    end.request_id = success.request_id;
    return JobDecision{std::move(end)};
}

/// Whether the response shows what kind of key this is. An emulator or a proxy may omit members, so
/// a missing member proves nothing. If the configuration is missing, only MultiRegion=false proves
/// that the key is a single-Region key.
bool has_kind(const io::KeyMetadata& metadata) {
    if (!metadata.multi_region_configuration) {
        return !metadata.multi_region.value_or(true);
    }
    const io::MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    const bool has_primary = configuration.primary_key && !configuration.primary_key->arn.empty();
    return configuration.type == io::MultiRegionKeyType::primary ||
           (configuration.type == io::MultiRegionKeyType::replica && has_primary);
}

/// has_kind() must be true. Returns an empty string if `metadata` describes the job's replica, and
/// a description of the difference otherwise.
std::string mismatch_text(const io::KeyMetadata& metadata, const JobArns& arns) {
    if (metadata.arn && *metadata.arn != arns.replica) {
        return fmt::format("DescribeKey of the replica returned another key: {}", *metadata.arn);
    }
    if (!metadata.multi_region_configuration) {
        return "according to KMS, the key in the replica's Region is not a multi-Region key";
    }
    const io::MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    if (configuration.type == io::MultiRegionKeyType::primary) {
        return "the key in the replica's Region is now the primary key";
    }
    if (configuration.primary_key->arn != arns.primary) {
        return fmt::format(
            "the replica's primary is {}, not {}", configuration.primary_key->arn, arns.primary);
    }
    return {};
}

std::string deletion_text(const io::KeyMetadata& metadata) {
    if (!metadata.deletion_date_s) {
        return "the replica is scheduled for deletion";
    }
    const std::chrono::sys_seconds day(
        std::chrono::seconds(static_cast<std::int64_t>(*metadata.deletion_date_s)));
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(day));
    return fmt::format(
        "the replica will be deleted on {:04}-{:02}-{:02}; to keep it, call CancelKeyDeletion, "
        "which leaves it Disabled",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()));
}

/// Handles a replica whose key state is missing from the response or not recognized by this
/// program. The state may be temporary, and it does not show whether the replica is usable.
JobDecision after_unknown_state(JobState& state,
                                const io::CallSuccess<io::DescribeKeyResult>& success,
                                const StepContext& context) {
    JobDecision decision = poll_again(state, "in an unknown state", context);
    if (auto* end = std::get_if<JobEnd>(&decision.next)) {
        const io::KeyMetadata& metadata = success.result.key_metadata;
        end->outcome = JobPhase::unknown;
        end->code = "UnknownKeyState";
        end->message = fmt::format(
            "the replica exists, but {} after {} s; a rerun checks again",
            !has_kind(metadata) ? "KMS still does not report what kind of key it is"
            : metadata.key_state
                ? fmt::format("KMS still reports the key state {}, which keyferry does not support",
                              io::in_quotes(metadata.unknown_key_state))
                : "KMS still does not report a key state",
            std::chrono::duration_cast<std::chrono::seconds>(context.wait->ready_timeout).count());
        end->request_id = success.request_id;
    }
    return decision;
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
    reset_describe_failures(state);
    if (!has_kind(metadata)) {
        return after_unknown_state(state, success, context);
    }
    if (std::string problem = mismatch_text(metadata, arns); !problem.empty()) {
        return conflict(success, std::move(problem));
    }
    state.creation_date_s = metadata.creation_date_s;
    const io::KeyState key_state = metadata.key_state.value_or(io::KeyState::other);
    const auto unusable_because = [&](std::string message) {
        return unusable(state, key_state, std::move(message), success.request_id, context);
    };
    switch (key_state) {
        case io::KeyState::creating:
            if (!context.wait->until_ready) {
                return enabled(state, key_state, success.request_id, context);
            }
            return poll_again(state, "creating", context);
        case io::KeyState::updating:
            return poll_again(state, "updating", context);
        case io::KeyState::enabled:
            return enabled(state, key_state, success.request_id, context);
        case io::KeyState::pending_import:
            return unusable_because(std::string(kPendingImportText));
        case io::KeyState::disabled:
            if (context.wants_disabled) {
                return done(state, key_state, success.request_id, context);
            }
            return unusable_because("the replica is disabled; to make it usable, call EnableKey");
        case io::KeyState::pending_deletion:
        case io::KeyState::pending_replica_deletion:
            return unusable_because(deletion_text(metadata));
        case io::KeyState::other:
            return after_unknown_state(state, success, context);
        case io::KeyState::unavailable:
            break;
    }
    return unusable_because("the replica cannot be used in its current key state");
}

}  // namespace keyferry::engine
