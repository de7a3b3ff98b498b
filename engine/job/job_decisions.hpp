// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/retry/backoff.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// Decisions that several kinds of calls have in common. Internal to after_replicate.cpp,
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

/// Returns the decision after a failure that affects only a scope (an account, endpoint or pair of
/// Regions) and not the job, such as a failed probe of a parked scope. The job keeps waiting as if
/// the call had not been made.
[[nodiscard]] JobDecision wait_on(JobCall call);

/// Whether a failure of this class affects only the scope that the call probed. Refused credentials
/// also end the job, since no further call will be made for it.
[[nodiscard]] bool is_only_of_probe(FailureClass failure_class,
                                    const StepContext& context) noexcept;

/// Ends the job with the KMS error code, the request ID and `message`.
[[nodiscard]] JobDecision end_with(JobPhase outcome,
                                   const io::CallFailure& failure,
                                   std::string message);
[[nodiscard]] JobDecision end_with(JobPhase outcome, const io::CallFailure& failure);

/// Ends the job as done, because the replica exists and is usable. Its attribution follows from
/// `state`.
[[nodiscard]] JobDecision done(const JobState& state,
                               io::KeyState key_state,
                               const std::string& request_id,
                               const StepContext& context);

/// Ends the job as done, or as unusable if the spec wants the replica Disabled. `key_state` is
/// Enabled, or Creating if the job does not wait for the replica.
[[nodiscard]] JobDecision enabled(const JobState& state,
                                  io::KeyState key_state,
                                  const std::string& request_id,
                                  const StepContext& context);

/// Ends the job as unusable, because the replica exists but needs the action that `message` names.
[[nodiscard]] JobDecision unusable(const JobState& state,
                                   io::KeyState key_state,
                                   std::string message,
                                   const std::string& request_id,
                                   const StepContext& context);

/// The message for a replica in the state PendingImport.
inline constexpr std::string_view kPendingImportText =
    "the replica has no key material; import the primary's key material into it";

/// Polls the replica again, or ends the job if ready_timeout has passed. `doing` describes the
/// state of the replica, for example "creating".
[[nodiscard]] JobDecision poll_again(JobState& state,
                                     std::string_view doing,
                                     const StepContext& context);

/// Retries `call` after a long backoff, because KMS throttled it or the key quota is used up.
[[nodiscard]] JobDecision throttled(JobState& state,
                                    JobCall call,
                                    const io::CallFailure& failure,
                                    const StepContext& context);

/// Resets the count of consecutive throttles after any other response.
void reset_throttles(JobState& state) noexcept;

/// Ends the job for this run. An unknown outcome stays unknown, so that a rerun checks for the
/// replica before it sends a request.
[[nodiscard]] JobDecision end_for_now(const JobState& state,
                                      const io::CallFailure& failure,
                                      std::string message);

/// Whether ReplicateKey may be sent again after failures that count as attempts. It may be sent
/// again until attempts_max attempts have been made and the last of them was sent at least
/// kWriteFailingMin (or park_timeout, if that is shorter) after the first failure. An outage of a
/// few minutes therefore does not end a job, even if too few calls are made to open a circuit
/// breaker, or if half a minute is spent checking for the replica after the last call.
[[nodiscard]] bool has_attempts_left(const JobState& state, const StepContext& context) noexcept;

/// Uses `call` to check for a replica whose ReplicateKey may have succeeded, or to check again
/// after the replica was not found. Requires absence_checks_left().
[[nodiscard]] JobDecision check_for_lost_replica(JobState& state,
                                                 JobCall call,
                                                 const StepContext& context);
[[nodiscard]] bool absence_checks_left(const JobState& state) noexcept;

/// Records that none of the checks has found the replica, so the request may be sent again. If an
/// earlier request takes effect after all, KMS rejects the new one, and doubt_since still shows
/// whether the replica is ours. If no send is recorded, no earlier request can take effect, so any
/// replica that appears from now on was created by this run's request.
void confirm_not_created(JobState& state) noexcept;

/// Resets the count of consecutive failed DescribeKey calls after any response.
void reset_describe_failures(JobState& state) noexcept;

/// Retries the DescribeKey `call` after a short backoff. Returns nullopt if the calls have been
/// failing for ready_timeout and have failed at least attempts_max times. (If the Region is parked,
/// few calls are made in that time.)
[[nodiscard]] std::optional<JobDecision> retry_describe(JobState& state,
                                                        JobCall call,
                                                        const io::CallFailure& failure,
                                                        const StepContext& context);

/// Ends a job whose replica could not be described.
[[nodiscard]] JobDecision end_unverified(const JobState& state, const io::CallFailure& failure);

}  // namespace keyferry::engine
