// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/retry/backoff.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// The decisions that the answers to both calls of a job can lead to. For job_steps' two halves,
// after_replicate.cpp and after_describe.cpp, alone.

namespace keyferry::engine {

[[nodiscard]] BackoffRange transient_range(const StepContext& context);
[[nodiscard]] BackoffRange throttle_range(const StepContext& context);

/// The delay before retry number `retry` of a call that failed with `failure`.
[[nodiscard]] std::chrono::milliseconds backoff(const BackoffRange& range,
                                                int retry,
                                                const io::CallFailure& failure,
                                                const StepContext& context);

[[nodiscard]] JobDecision next_call(JobCall call, std::chrono::milliseconds delay);

/// What follows a failure that is no fault of the job, when its call was the probe of a parked
/// gate: the job goes on waiting behind it, as if it had not been asked.
[[nodiscard]] JobDecision wait_on(JobCall call);

/// The job is over, with KMS's code, request id and `message`.
[[nodiscard]] JobDecision end_with(JobOutcome outcome,
                                   const io::CallFailure& failure,
                                   std::string message);
[[nodiscard]] JobDecision end_with(JobOutcome outcome, const io::CallFailure& failure);

/// The replica is there and usable; how it came to be follows from `state`.
[[nodiscard]] JobDecision done(const JobState& state,
                               io::KeyState key_state,
                               const std::string& request_id,
                               const StepContext& context);

/// The next look at a replica that is on its way, or the end of patience. `doing` is "creating".
[[nodiscard]] JobDecision look_again(JobState& state,
                                     std::string_view doing,
                                     const StepContext& context);

/// KMS was asked too fast, or has no room for further keys: `call` again after a long backoff.
[[nodiscard]] JobDecision throttled(JobState& state,
                                    JobCall call,
                                    const io::CallFailure& failure,
                                    const StepContext& context);

/// KMS has answered otherwise: the throttles in a row are over.
void not_throttled(JobState& state) noexcept;

/// The end of a job for this run. A job in doubt stays so: a rerun looks before it sends.
[[nodiscard]] JobDecision give_up_for_now(const JobState& state,
                                          const io::CallFailure& failure,
                                          std::string message);

/// The look, by `call`, after a ReplicateKey that may have been done, or after none was found so
/// far. Requires that not all looks have been made (see looks_left).
[[nodiscard]] JobDecision look_for_unseen(JobState& state,
                                          JobCall call,
                                          const StepContext& context);
[[nodiscard]] bool looks_left(const JobState& state) noexcept;

/// Looked for long enough: nothing was done, and the request may be sent. Should an earlier one
/// come through all the same, KMS refuses this one, and doubt_since still tells whose the replica
/// is. But where no send is on record there is none to come: what is made from now on is what we
/// send.
void was_not_made(JobState& state) noexcept;

/// A look came back with an answer, whatever it was: the failed ones in a row are over.
void was_seen(JobState& state) noexcept;

/// Looks again by `call` after a short backoff. Nothing when that went on for too long: for the
/// ready_timeout, and attempts_max times where few looks were made in it (a parked Region).
[[nodiscard]] std::optional<JobDecision> look_once_more(JobState& state,
                                                        JobCall call,
                                                        const io::CallFailure& failure,
                                                        const StepContext& context);

/// The end of a job whose replica could not be looked at.
[[nodiscard]] JobDecision end_unseen(const JobState& state, const io::CallFailure& failure);

}  // namespace keyferry::engine
