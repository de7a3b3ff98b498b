// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/retry/backoff.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// Decisions shared by the outcomes of a job's calls. Internal to after_replicate.cpp,
// after_describe.cpp and after_describe_primary.cpp.

namespace keyferry::engine {

[[nodiscard]] BackoffRange transient_range(const StepContext& context);
[[nodiscard]] BackoffRange throttle_range(const StepContext& context);

/// Returns the delay before retry number `retry` of a call that failed with `failure`.
[[nodiscard]] std::chrono::milliseconds backoff(const BackoffRange& range,
                                                int retry,
                                                const io::CallFailure& failure,
                                                const StepContext& context);

[[nodiscard]] JobDecision next_call(JobCall call, std::chrono::milliseconds delay);

/// Returns the decision after a failure that concerns only a wider scope, such as the failed probe
/// of a parked scope: the job keeps waiting as if the call had not been made.
[[nodiscard]] JobDecision wait_on(JobCall call);

/// Whether a failure of this class concerns only the scope that the call has probed. Refused
/// credentials end the job too, since nothing will be sent for it any more.
[[nodiscard]] bool is_only_of_probe(FailureClass failure_class,
                                    const StepContext& context) noexcept;

/// Ends the job with the KMS error code, the request ID and `message`.
[[nodiscard]] JobDecision end_with(JobPhase outcome,
                                   const io::CallFailure& failure,
                                   std::string message);
[[nodiscard]] JobDecision end_with(JobPhase outcome, const io::CallFailure& failure);

/// Ends the job as done: the replica exists and is usable. Its attribution follows from `state`.
[[nodiscard]] JobDecision done(const JobState& state,
                               io::KeyState key_state,
                               const std::string& request_id,
                               const StepContext& context);

/// Ends the job as unusable: the replica exists, but needs the action that `message` names.
[[nodiscard]] JobDecision unusable(const JobState& state,
                                   io::KeyState key_state,
                                   std::string message,
                                   const std::string& request_id,
                                   const StepContext& context);

/// The message for a replica in the state PendingImport.
inline constexpr std::string_view kPendingImportText =
    "the replica has no key material; import the primary's key material into it";

/// Polls the replica again, or ends the job when ready_timeout has passed. `doing` is, for example,
/// "creating".
[[nodiscard]] JobDecision poll_again(JobState& state,
                                     std::string_view doing,
                                     const StepContext& context);

/// KMS throttled the call or the key quota is used up: retries `call` after a long backoff.
[[nodiscard]] JobDecision throttled(JobState& state,
                                    JobCall call,
                                    const io::CallFailure& failure,
                                    const StepContext& context);

/// Resets the count of consecutive throttles after any other response.
void reset_throttles(JobState& state) noexcept;

/// Ends the job for this run. If its outcome is unknown it stays so: a rerun checks before it
/// sends.
[[nodiscard]] JobDecision end_for_now(const JobState& state,
                                      const io::CallFailure& failure,
                                      std::string message);

/// Whether ReplicateKey may be sent again after failures that count as attempts: attempts_max
/// times, and until one was sent at least kWriteFailingMin (or park_timeout, if that is shorter)
/// after the first failure. An outage of minutes does not end a job, not even where too few calls
/// are made to open a circuit breaker, and not while the last call is checked for half a minute.
[[nodiscard]] bool has_attempts_left(const JobState& state, const StepContext& context) noexcept;

/// Checks by `call` for a replica whose ReplicateKey may have succeeded, or checks again after it
/// was not found. Requires absence_checks_left().
[[nodiscard]] JobDecision check_for_lost_replica(JobState& state,
                                                 JobCall call,
                                                 const StepContext& context);
[[nodiscard]] bool absence_checks_left(const JobState& state) noexcept;

/// The replica was not found in all checks, so the request may be sent again. If an earlier request
/// still takes effect, KMS rejects this one, and doubt_since still tells whether the replica is
/// ours. If no send is recorded, no earlier request can take effect: any replica from now on is
/// from this run's request.
void confirm_not_created(JobState& state) noexcept;

/// Resets the count of consecutive failed DescribeKey calls after any response.
void reset_describe_failures(JobState& state) noexcept;

/// Retries the DescribeKey `call` after a short backoff. Returns nullopt when the calls have failed
/// for ready_timeout and at least attempts_max times (few calls may be made in that time if the
/// Region is parked).
[[nodiscard]] std::optional<JobDecision> retry_describe(JobState& state,
                                                        JobCall call,
                                                        const io::CallFailure& failure,
                                                        const StepContext& context);

/// Ends a job whose replica could not be described.
[[nodiscard]] JobDecision end_unverified(const JobState& state, const io::CallFailure& failure);

}  // namespace keyferry::engine
