// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_decisions.hpp"
#include "engine/retry/disposition.hpp"

#include <algorithm>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;

/// The replica's own Region knows it best: it says what state it is in, and it can answer where
/// the primary cannot be asked.
JobDecision look_at_replica() {
    return next_call(JobCall::describe_replica, milliseconds(0));
}

JobDecision after_failed_describe_primary(JobState& state,
                                          Disposition disposition,
                                          const io::CallFailure& failure,
                                          const StepContext& context) {
    switch (disposition) {
        case Disposition::retry_throttled:
            return throttled(state, JobCall::describe_primary, failure, context);
        case Disposition::stop_run: {
            JobDecision decision = end_unseen(state, failure);
            decision.stops_run = true;
            return decision;
        }
        case Disposition::absent:
        case Disposition::fail:
            was_seen(state);
            return look_at_replica();
        default:
            break;
    }
    not_throttled(state);
    std::optional<JobDecision> again =
        look_once_more(state, JobCall::describe_primary, failure, context);
    if (again) {
        return *std::move(again);
    }
    was_seen(state);
    return look_at_replica();
}

JobDecision after_failure(JobState& state,
                          const io::CallFailure& failure,
                          const StepContext& context) {
    const Disposition disposition = disposition_of(io::KmsApi::describe_key, failure);
    const FailureClass trouble = trouble_of(disposition);
    JobDecision decision =
        context.is_probe && trouble != FailureClass::none
            ? wait_on(JobCall::describe_primary)
            : after_failed_describe_primary(state, disposition, failure, context);
    decision.trouble = trouble;
    decision.retry_after = failure.retry_after;
    return decision;
}

/// The key is the primary that the plan names, so that its list of replicas is the one that counts.
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
    was_seen(state);
    const io::KeyMetadata& metadata =
        std::get<io::CallSuccess<io::DescribeKeyResult>>(outcome).result.key_metadata;
    if (!is_the_primary(metadata, arns)) {
        return look_at_replica();
    }
    const std::vector<io::RelatedKey>& replicas = metadata.multi_region_configuration->replica_keys;
    const bool is_listed = std::any_of(replicas.begin(), replicas.end(), [&](const auto& replica) {
        return replica.arn == arns.replica;
    });
    if (is_listed) {
        return look_at_replica();
    }
    if (looks_left(state)) {
        return look_for_unseen(state, JobCall::describe_primary, context);
    }
    was_not_made(state);
    state.absent_polls = 0;
    return next_call(JobCall::replicate, milliseconds(0));
}

}  // namespace keyferry::engine
