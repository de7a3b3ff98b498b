// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_outcome.hpp"
#include "engine/job/no_send_on_record.hpp"
#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/run_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace keyferry::engine {

/// What a job may ask of KMS.
enum class JobCall : std::uint8_t {
    replicate,         ///< ReplicateKey at the primary
    describe_replica,  ///< DescribeKey of the replica in its own Region
    /// DescribeKey of the primary, which lists all its replicas: one look for all jobs of a key
    /// that an earlier process left in doubt.
    describe_primary,
};
inline constexpr std::size_t kJobCalls = 3;

/// Looks that do not find a replica which may have been made before it counts as not made.
inline constexpr int kAbsentPollsMax = 4;

/// Where a job that has begun stands. Small, since thousands may be Creating at a time.
struct JobState {
    /// ReplicateKey of this process; those that were throttled, found no room for keys or were the
    /// probe of a parked gate are not counted.
    int replicate_attempts = 0;
    int attempts_before = 0;    ///< those of earlier processes
    int throttles = 0;          ///< ThrottlingException and LimitExceeded, in a row
    int describe_attempts = 0;  ///< failed looks in a row
    int polls = 0;              ///< looks at a replica that is still creating
    int absent_polls = 0;       ///< looks that did not find a replica that may have been made
    /// An earlier ReplicateKey of ours may have been done: nothing may be claimed or resent before
    /// a look.
    bool in_doubt = false;
    bool accepted = false;                  ///< KMS has answered one of ours with the replica
    bool seen_existing = false;             ///< KMS has answered AlreadyExists
    std::optional<io::WallTime> last_sent;  ///< when our latest ReplicateKey left
    /// When the first of ours left whose answer was lost: a replica younger than this may be ours.
    std::optional<io::WallTime> doubt_since;
    /// How far KMS's clock was ahead of ours then, where that was known or an earlier process has
    /// journalled it.
    std::optional<std::chrono::milliseconds> kms_ahead_at_doubt;
    std::optional<io::Moment> unseen_since;       ///< the first of the failed looks in a row
    std::optional<io::Moment> waiting_since;      ///< since when for Creating or Updating to end
    std::optional<io::Moment> policy_refused_at;  ///< first MalformedPolicyDocument
    std::optional<io::Moment> denied_at;          ///< the last AccessDenied
    std::optional<double> creation_date_s;        ///< of the replica, from KMS
};

/// Go on: make this call, not before so long from now.
struct NextCall {
    JobCall call;
    std::chrono::milliseconds delay{0};
};

/// The job is over, for good or for this run. Becomes a journal record of the same name.
struct JobEnd {
    explicit JobEnd(JobOutcome outcome_) : outcome(outcome_) {}
    JobOutcome outcome;
    std::optional<Attribution> attribution;
    std::string key_state;
    std::optional<double> creation_date_s;
    std::string code;
    std::string message;
    std::string request_id;
};

struct JobDecision {
    std::variant<NextCall, JobEnd> next;
    /// What the answer says about the way that the call went. With `denied` and an end as failed,
    /// it is not clear yet whether the job or its whole Region is refused.
    FailureClass trouble = FailureClass::none;
    std::optional<std::chrono::milliseconds> retry_after{};  ///< x-amz-retry-after, with a trouble
    bool now_accepted = false;  ///< this answer was KMS's yes: journal `accepted`
    bool stops_run = false;     ///< no call can succeed until somebody acts
};

/// All that a decision depends on besides the job and the answer.
struct StepContext {
    io::Moment now;
    double random01;  ///< in [0, 1), for the jitter
    const planner::RetrySettings* retry;
    const planner::WaitSettings* wait;
    /// The call was the probe of a parked gate. Trouble that it met is the gate's and not the
    /// job's: it costs no attempt and no patience, and ends no job.
    bool is_probe = false;
    /// How far KMS's clock is ahead of ours, where its answers have told it (KmsTime).
    std::optional<std::chrono::milliseconds> kms_ahead{};
};

/// The keys of a job, for comparison with what KMS answers.
struct JobArns {
    std::string primary;
    std::string replica;
};
[[nodiscard]] JobArns job_arns(const planner::Plan& plan, const planner::Job& job);

/// Decides what follows the answer to ReplicateKey. Updates `state`. Neither throttles nor a full
/// key quota ever end a job: the breaker of its gate bounds them. A request is sent again with the
/// same parameters always: it is made from the plan.
[[nodiscard]] JobDecision after_replicate(JobState& state,
                                          const io::CallOutcome<io::ReplicateKeyResult>& outcome,
                                          const JobArns& arns,
                                          const StepContext& context);

/// Decides what follows a look at the replica. Updates `state`. Looks that fail in passing go on
/// for the ready_timeout, and at least attempts_max times, before the job ends as unknown.
[[nodiscard]] JobDecision after_describe(JobState& state,
                                         const io::CallOutcome<io::DescribeKeyResult>& outcome,
                                         const JobArns& arns,
                                         const StepContext& context);

/// Decides what follows a look at the primary for a job in doubt: a look at the replica where the
/// primary lists one, or cannot tell; another look at the primary while a replica may still show
/// up; else ReplicateKey again. Updates `state`.
[[nodiscard]] JobDecision after_describe_primary(
    JobState& state,
    const io::CallOutcome<io::DescribeKeyResult>& outcome,
    const JobArns& arns,
    const StepContext& context);

/// The end, for this run, of a job whose gate was given up for `reason`: unknown when the replica
/// may exist, else deferred. `state` is null for a job that has not begun.
[[nodiscard]] JobEnd end_behind_gate(const JobState* state,
                                     FailureClass reason,
                                     std::string message);

}  // namespace keyferry::engine
