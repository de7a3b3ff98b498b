// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/retry/backoff.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// Decisions shared by several kinds of calls. Internal to after_replicate.cpp, after_describe.cpp
// and after_describe_primary.cpp.

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
/// Regions) and not the job, such as a failed probe of a parked scope. The job waits as if the call
/// had not been made.
[[nodiscard]] JobDecision wait_on(JobCall call);

/// Whether a failure of this class affects only the probed scope. Rejected credentials do not,
/// because they also end the job: no further call will be made for it.
[[nodiscard]] bool is_only_of_probe(FailureClass failure_class,
                                    const StepContext& context) noexcept;

/// Ends the job with the KMS error code, the request ID and `message`.
[[nodiscard]] JobDecision end_with(JobPhase outcome,
                                   const io::CallFailure& failure,
                                   std::string message);
[[nodiscard]] JobDecision end_with(JobPhase outcome, const io::CallFailure& failure);

/// Ends the job as done, because the replica exists and is usable. Derives the replica's
/// attribution from `state`.
[[nodiscard]] JobDecision done(const JobState& state,
                               io::KeyState key_state,
                               const std::string& request_id,
                               const StepContext& context);

/// Ends the job as done, or as unusable if the spec requires a Disabled replica. `key_state` is
/// Enabled, or Creating if the job does not wait for the replica.
[[nodiscard]] JobDecision enabled(const JobState& state,
                                  io::KeyState key_state,
                                  const std::string& request_id,
                                  const StepContext& context);

/// Ends the job as unusable, because the replica exists but needs the action described in
/// `message`.
[[nodiscard]] JobDecision unusable(const JobState& state,
                                   io::KeyState key_state,
                                   std::string message,
                                   const std::string& request_id,
                                   const StepContext& context);

/// The message for a replica in the PendingImport state.
inline constexpr std::string_view kPendingImportText =
    "the replica has no key material; import the primary's key material into it";

/// Polls the replica again, or ends the job if ready_timeout has passed. `doing` describes the
/// replica's state, such as "creating".
[[nodiscard]] JobDecision poll_again(JobState& state,
                                     std::string_view doing,
                                     const StepContext& context);

/// Retries `call` after a long backoff, because KMS throttled it or the key quota is exhausted.
[[nodiscard]] JobDecision throttled(JobState& state,
                                    JobCall call,
                                    const io::CallFailure& failure,
                                    const StepContext& context);

/// Resets the count of consecutive throttles. Called after any other response.
void reset_throttles(JobState& state) noexcept;

/// Ends the job for this run. An unknown outcome stays unknown, so that a rerun checks for the
/// replica before it sends a request.
[[nodiscard]] JobDecision end_for_now(const JobState& state,
                                      const io::CallFailure& failure,
                                      std::string message);

/// Whether ReplicateKey may be sent again after failures that count as attempts. Retries stop only
/// when both conditions hold: attempts_max attempts have been made, and the last one was sent at
/// least kWriteFailingMin (park_timeout if that is shorter) after the first failure. The second
/// condition ensures that an outage of a few minutes does not end a job, even if too few calls are
/// made to open a circuit breaker, or if checking for the replica after the last call takes half a
/// minute.
[[nodiscard]] bool has_attempts_left(const JobState& state, const StepContext& context) noexcept;

/// Checks with `call` whether the replica exists, because ReplicateKey may have succeeded. Also
/// used to repeat the check after the replica was not found. absence_checks_left() must be true.
[[nodiscard]] JobDecision check_for_lost_replica(JobState& state,
                                                 JobCall call,
                                                 const StepContext& context);
[[nodiscard]] bool absence_checks_left(const JobState& state) noexcept;

/// Records that no check has found the replica, so ReplicateKey may be sent again. If an earlier
/// request takes effect after all, KMS rejects the new one, and doubt_since still shows whether the
/// replica is ours. If no send is recorded, there is no earlier request that could take effect, so
/// any replica that appears from now on is considered created by this run's request.
void confirm_not_created(JobState& state) noexcept;

/// Resets the count of consecutive failed DescribeKey calls. Called after any response.
void reset_describe_failures(JobState& state) noexcept;

/// Retries the DescribeKey `call` after a short backoff. Returns nullopt if the calls have been
/// failing for ready_timeout and at least attempts_max of them have failed. (In a parked Region,
/// few calls are made during ready_timeout.)
[[nodiscard]] std::optional<JobDecision> retry_describe(JobState& state,
                                                        JobCall call,
                                                        const io::CallFailure& failure,
                                                        const StepContext& context);

/// Ends a job whose replica could not be described.
[[nodiscard]] JobDecision end_unverified(const JobState& state, const io::CallFailure& failure);

}  // namespace keyferry::engine
