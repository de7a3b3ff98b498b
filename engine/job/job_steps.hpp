// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/job/no_send_on_record.hpp"
#include "engine/retry/failure_class.hpp"
#include "io/clock/moment.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/run_settings.hpp"

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace keyferry::engine {

/// The KMS calls of a job.
enum class JobCall : std::uint8_t {
    replicate,         ///< ReplicateKey at the primary
    describe_replica,  ///< DescribeKey of the replica in its own Region
    /// DescribeKey of the primary, which lists all its replicas. One such call checks all jobs of a
    /// key that an earlier process left unresolved.
    describe_primary,
};
inline constexpr std::size_t kJobCalls = 3;

/// A replica that may exist is considered not created once this many checks have not found it.
inline constexpr int kAbsentPollsMax = 4;

/// The current knowledge about the replica of a started job. These responses lead from one stage to
/// the next:
///
///     from         response                                            to
///     none         ReplicateKey returns the replica                    accepted
///     none         ReplicateKey: AlreadyExists                         existing
///     none         ReplicateKey: response lost, or internal error      unresolved
///     unresolved   DescribeKey finds no replica in any of its checks   none: send again
///
/// From each stage, a job can also end with an outcome: see after_replicate(), after_describe() and
/// after_describe_primary(). The attribution of the replica depends on the stage.
enum class ReplicaStage : std::uint8_t {
    none,        ///< no request of ours can have created it
    unresolved,  ///< our request may have created it: check before sending a request again
    accepted,    ///< KMS has returned it in response to a request of ours
    existing,    ///< it exists, but KMS did not return it in response to our request
};

/// State of a started job. It is small, because thousands of replicas may be Creating at the same
/// time.
struct JobState {
    ReplicaStage stage = ReplicaStage::none;
    /// ReplicateKey calls of this process, excluding those that were throttled, that exceeded the
    /// key quota or that were the probe of a parked scope.
    int replicate_attempts = 0;
    int attempts_before = 0;    ///< ReplicateKey calls of earlier processes
    int throttles = 0;          ///< consecutive ThrottlingException and LimitExceeded errors
    int describe_attempts = 0;  ///< consecutive failed DescribeKey calls
    int polls = 0;              ///< polls of a replica that is still Creating
    int absent_polls = 0;       ///< checks that did not find a replica that may exist
    std::optional<io::WallTime> last_sent;  ///< when our latest ReplicateKey was recorded as sent
    /// The same time on the steady clock; set only if this process sent the request.
    std::optional<io::Moment> sent_at;
    /// How far KMS's clock was ahead of ours at that time, if known.
    std::optional<std::chrono::milliseconds> kms_ahead_at_send;
    bool is_last_unsent = false;  ///< the request of the latest record never left this machine
    /// When our first request whose response was lost was sent. A replica created later may be
    /// ours.
    std::optional<io::WallTime> doubt_since;
    /// How far KMS's clock was ahead of ours at that time, if known or journaled by an earlier
    /// process.
    std::optional<std::chrono::milliseconds> kms_ahead_at_doubt;
    std::optional<io::Moment> failing_since;  ///< the first failure counted in replicate_attempts
    std::shared_ptr<const io::CallFailure> last_failure;  ///< null if there is none
    /// Why the job waits to repeat its last call; `none` if it does not.
    FailureClass waits_after = FailureClass::none;
    /// the first of the consecutive failed DescribeKey calls
    std::optional<io::Moment> unseen_since;
    /// when the wait for Creating or Updating to end began
    std::optional<io::Moment> waiting_since;
    std::optional<io::Moment> policy_refused_at;  ///< first MalformedPolicyDocument
    std::optional<double> creation_date_s;        ///< the replica's, as reported by KMS
    /// Set if an earlier process has found the replica, but it was not usable.
    std::optional<Attribution> attribution;

    /// Whether the replica exists or may still be created by a request of ours. A request whose
    /// response was lost may take effect even after all checks have found no replica.
    [[nodiscard]] bool may_exist() const noexcept {
        return stage != ReplicaStage::none || doubt_since.has_value();
    }
};

/// Continue with this call, no earlier than after `delay`.
struct NextCall {
    JobCall call;
    std::chrono::milliseconds delay{0};
};

/// The job ended, permanently or for this run. Written as the journal record of the same name.
struct JobEnd {
    explicit JobEnd(JobPhase outcome_) : outcome(outcome_) { assert(is_outcome(outcome)); }
    JobPhase outcome;
    std::optional<Attribution> attribution;
    std::string key_state;
    std::optional<double> creation_date_s;
    std::string code;
    std::string message;
    std::string request_id;
};

struct JobDecision {
    std::variant<NextCall, JobEnd> next;
    /// The failure class of the call, independent of the job.
    FailureClass failure_class = FailureClass::none;
    std::optional<std::chrono::milliseconds> retry_after{};  ///< x-amz-retry-after of a failure
    bool now_accepted = false;  ///< KMS accepted the call: write an `accepted` record
};

/// Everything that a decision depends on, apart from the job and the outcome of the call.
struct StepContext {
    io::Moment now;
    double random01;  ///< in [0, 1), for the jitter
    const planner::RetrySettings* retry;
    const planner::WaitSettings* wait;
    /// Whether the call was the probe of a parked scope. A failure of a probe counts against the
    /// scope and not against the job: it uses up no attempt and no timeout, and does not end the
    /// job.
    bool is_probe = false;
    /// How far KMS's clock is ahead of ours, if known from response dates (KmsTime).
    std::optional<std::chrono::milliseconds> kms_ahead{};
    /// Whether the spec wants the replica Disabled. It is then unusable while it is Enabled.
    bool wants_disabled = false;
};

/// The ARNs of a job, for comparison with KMS responses.
struct JobArns {
    std::string primary;
    std::string replica;
};
[[nodiscard]] JobArns job_arns(const planner::Plan& plan, const planner::Job& job);

/// Returns `outcome`, or a failure with unknown outcome if KMS responded with a key other than the
/// replica of the job.
[[nodiscard]] io::CallOutcome<io::ReplicateKeyResult> checked_replica(
    io::CallOutcome<io::ReplicateKeyResult> outcome, const JobArns& arns);

/// Decides what follows the outcome of ReplicateKey, which must be a checked_replica(). Updates
/// `state`. Throttling or a used-up key quota never ends a job by itself; a circuit breaker limits
/// how long the job waits. A resent request always has the same parameters, since it is built from
/// the plan.
[[nodiscard]] JobDecision after_replicate(JobState& state,
                                          const io::CallOutcome<io::ReplicateKeyResult>& outcome,
                                          const JobArns& arns,
                                          const StepContext& context);

/// Decides what follows DescribeKey of the replica. Updates `state`. Transient failures are retried
/// for ready_timeout and at least attempts_max times before the job ends as unknown.
[[nodiscard]] JobDecision after_describe(JobState& state,
                                         const io::CallOutcome<io::DescribeKeyResult>& outcome,
                                         const JobArns& arns,
                                         const StepContext& context);

/// Decides what follows DescribeKey of the primary for an unresolved job. If the primary lists the
/// replica or cannot be read, DescribeKey of the replica follows. Otherwise, the primary is
/// described again as long as a replica may still appear, and then ReplicateKey is sent again.
/// Updates `state`.
[[nodiscard]] JobDecision after_describe_primary(
    JobState& state,
    const io::CallOutcome<io::DescribeKeyResult>& outcome,
    const JobArns& arns,
    const StepContext& context);

/// Ends a job in an abandoned scope for this run. The outcome is unknown if the replica may exist,
/// otherwise deferred. `state` is null for a job that has not started. `code` and `message` are
/// those of the last failure in that scope.
[[nodiscard]] JobEnd end_abandoned(const JobState* state, std::string code, std::string message);

}  // namespace keyferry::engine
