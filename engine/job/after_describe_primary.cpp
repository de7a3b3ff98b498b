// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"

#include <algorithm>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// The replica's own Region is authoritative: it returns the replica's key state, and it may
/// respond even if the primary's Region does not.
JobDecision describe_replica_next() {
    return next_call(JobCall::describe_replica, milliseconds(0));
}

JobDecision after_failed_describe_primary(JobState& state,
                                          Disposition disposition,
                                          const io::CallFailure& failure,
                                          const StepContext& context) {
    switch (disposition) {
        case Disposition::retry_throttled:
            return throttled(state, JobCall::describe_primary, failure, context);
        case Disposition::end_account:
            return end_unverified(state, failure);
        case Disposition::absent:
        case Disposition::fail:
            reset_describe_failures(state);
            return describe_replica_next();
        default:
            break;
    }
    reset_throttles(state);
    std::optional<JobDecision> again =
        retry_describe(state, JobCall::describe_primary, failure, context);
    if (again) {
        return *std::move(again);
    }
    reset_describe_failures(state);
    return describe_replica_next();
}

JobDecision after_failure(JobState& state,
                          const io::CallFailure& failure,
                          const StepContext& context) {
    const Disposition disposition = disposition_of(io::KmsApi::describe_key, failure);
    const FailureClass failure_class = failure_class_of(disposition, failure);
    JobDecision decision =
        is_only_of_probe(failure_class, context)
            ? wait_on(JobCall::describe_primary)
            : after_failed_describe_primary(state, disposition, failure, context);
    decision.failure_class = failure_class;
    return decision;
}

/// Whether the key is the plan's primary, whose list of replicas is authoritative.
bool is_the_primary(const io::KeyMetadata& metadata, const JobArns& arns) {
    return metadata.arn == arns.primary && metadata.multi_region_configuration &&
           metadata.multi_region_configuration->type == io::MultiRegionKeyType::primary;
}

}  // namespace

JobDecision after_describe_primary(JobState& state,
                                   const io::CallOutcome<io::DescribeKeyResult>& outcome,
                                   const JobArns& arns,
                                   const StepContext& context) {
    if (const auto* failure = std::get_if<io::CallFailure>(&outcome)) {
        return after_failure(state, *failure, context);
    }
    reset_describe_failures(state);
    const io::KeyMetadata& metadata =
        std::get<io::CallSuccess<io::DescribeKeyResult>>(outcome).result.key_metadata;
    if (!is_the_primary(metadata, arns)) {
        return describe_replica_next();
    }
    const std::vector<io::RelatedKey>& replicas = metadata.multi_region_configuration->replica_keys;
    const bool is_listed = std::any_of(replicas.begin(), replicas.end(), [&](const auto& replica) {
        return replica.arn == arns.replica;
    });
    if (is_listed) {
        return describe_replica_next();
    }
    if (absence_checks_left(state)) {
        return check_for_lost_replica(state, JobCall::describe_primary, context);
    }
    confirm_not_created(state);
    state.absent_polls = 0;
    return next_call(JobCall::replicate, milliseconds(0));
}

}  // namespace keyferry::engine
