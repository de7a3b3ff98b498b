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
    /// DescribeKey of the primary, which lists all its replicas. A single call checks all of a
    /// key's jobs that an earlier process left unresolved.
    describe_primary,
};
inline constexpr std::size_t kJobCalls = 3;

/// If this many checks have not found a replica that may exist, it is considered not created.
inline constexpr int kAbsentPollsMax = 4;

/// What is known about the replica of a started job. Responses change the stage as follows:
///
///     from         response                                            to
///     none         ReplicateKey returns the replica                    accepted
///     none         ReplicateKey: AlreadyExists                         existing
///     none         ReplicateKey: response lost, or internal error      unresolved
///     unresolved   DescribeKey finds no replica in any of its checks   none: send again
///
/// In any stage, the job can also end: see after_replicate(), after_describe() and
/// after_describe_primary(). The replica's attribution depends on the stage.
enum class ReplicaStage : std::uint8_t {
    none,        ///< none of our requests could have created it
    unresolved,  ///< our request may have created it: check before sending a request again
    accepted,    ///< KMS has returned it in response to our request
    existing,    ///< it exists, but KMS did not return it in response to our request
};

/// State of a started job. Kept small, because thousands of replicas may be Creating at the same
/// time.
struct JobState {
    ReplicaStage stage = ReplicaStage::none;
    /// ReplicateKey calls made by this process, excluding calls that were throttled or exceeded the
    /// key quota, and probes of a parked scope.
    int replicate_attempts = 0;
    int attempts_before = 0;    ///< ReplicateKey calls made by earlier processes
    int throttles = 0;          ///< consecutive ThrottlingException and LimitExceeded errors
    int describe_attempts = 0;  ///< consecutive failed DescribeKey calls
    int polls = 0;              ///< polls of a replica that is still Creating
    int absent_polls = 0;       ///< checks that did not find a replica that may exist
    std::optional<io::WallTime> last_sent;  ///< when our latest ReplicateKey was recorded as sent
    /// last_sent on the steady clock; set only if this process sent the request.
    std::optional<io::Moment> sent_at;
    /// How far KMS's clock was ahead of ours at last_sent, if known.
    std::optional<std::chrono::milliseconds> kms_ahead_at_send;
    bool is_last_unsent = false;  ///< the latest recorded request never left this machine
    /// When we sent the first request whose response was lost. A replica created after that may be
    /// ours.
    std::optional<io::WallTime> doubt_since;
    /// How far KMS's clock was ahead of ours at doubt_since, if measured or read from the journal.
    std::optional<std::chrono::milliseconds> kms_ahead_at_doubt;
    std::optional<io::Moment> failing_since;  ///< the first failure counted in replicate_attempts
    std::shared_ptr<const io::CallFailure> last_failure;  ///< null if there is none
    /// Why the job is waiting to retry its last call; `none` if it is not.
    FailureClass waits_after = FailureClass::none;
    /// when the first of the consecutive failed DescribeKey calls was made
    std::optional<io::Moment> unseen_since;
    /// when the job began to wait for the key to leave the Creating or Updating state
    std::optional<io::Moment> waiting_since;
    std::optional<io::Moment> policy_refused_at;  ///< first MalformedPolicyDocument
    std::optional<double> creation_date_s;        ///< the replica's, as reported by KMS
    /// Set if an earlier process found the replica in an unusable state.
    std::optional<Attribution> attribution;

    /// Whether the replica exists or may still be created by one of our requests. A request whose
    /// response was lost may take effect even after all checks have found no replica.
    [[nodiscard]] bool may_exist() const noexcept {
        return stage != ReplicaStage::none || doubt_since.has_value();
    }
};

/// Make this call after at least `delay`.
struct NextCall {
    JobCall call;
    std::chrono::milliseconds delay{0};
};

/// The job ended, permanently or for this run. Written to the journal as a record whose event has
/// the same name as the outcome.
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
    /// The class of the call's failure, regardless of what it means for the job.
    FailureClass failure_class = FailureClass::none;
    bool now_accepted = false;  ///< KMS accepted the call: write an `accepted` record
};

/// What a decision depends on, in addition to the job and the outcome of the call.
struct StepContext {
    io::Moment now;
    double random01;  ///< in [0, 1), for the jitter
    const planner::RetrySettings* retry;
    const planner::WaitSettings* wait;
    /// Whether the call was the probe of a parked scope. A failed probe counts against the scope
    /// and not against the job: it is not counted as an attempt, does not count toward timeouts,
    /// and does not end the job.
    bool is_probe = false;
    /// How far KMS's clock is ahead of ours, if known from response dates (KmsTime).
    std::optional<std::chrono::milliseconds> kms_ahead{};
    /// Whether the spec requires the replica to be Disabled. It is then unusable while it is
    /// Enabled.
    bool wants_disabled = false;
};

/// The ARNs of a job, for comparison with KMS responses.
struct JobArns {
    std::string primary;
    std::string replica;
};
[[nodiscard]] JobArns job_arns(const planner::Plan& plan, const planner::Job& job);

/// Returns `outcome`, or a failure with an unknown outcome if the key that KMS returned is not the
/// job's replica.
[[nodiscard]] io::CallOutcome<io::ReplicateKeyResult> checked_replica(
    io::CallOutcome<io::ReplicateKeyResult> outcome, const JobArns& arns);

/// Decides what to do after ReplicateKey, and updates `state`. `outcome` must come from
/// checked_replica(). Throttling or an exhausted key quota never ends a job directly; a circuit
/// breaker limits how long the job waits. A resent request always has the same parameters, since it
/// is built from the plan.
[[nodiscard]] JobDecision after_replicate(JobState& state,
                                          const io::CallOutcome<io::ReplicateKeyResult>& outcome,
                                          const JobArns& arns,
                                          const StepContext& context);

/// Decides what to do after DescribeKey of the replica, and updates `state`. The job ends as
/// unknown only if transient failures have continued for ready_timeout and at least attempts_max
/// calls have failed.
[[nodiscard]] JobDecision after_describe(JobState& state,
                                         const io::CallOutcome<io::DescribeKeyResult>& outcome,
                                         const JobArns& arns,
                                         const StepContext& context);

/// Decides what to do after DescribeKey of the primary for an unresolved job, and updates `state`.
/// If the primary lists the replica or cannot be read, the replica is described next. Otherwise,
/// the primary is described again while the replica may still appear, and then ReplicateKey is sent
/// again.
[[nodiscard]] JobDecision after_describe_primary(
    JobState& state,
    const io::CallOutcome<io::DescribeKeyResult>& outcome,
    const JobArns& arns,
    const StepContext& context);

/// Ends a job in an abandoned scope for this run. The outcome is unknown if the replica may exist,
/// and deferred otherwise. `state` is null if the job has not started. `code` and `message` are
/// from the last failure in that scope.
[[nodiscard]] JobEnd end_abandoned(const JobState* state, std::string code, std::string message);

}  // namespace keyferry::engine
