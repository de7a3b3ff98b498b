// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/retry/failure_class.hpp"
#include "io/names/call_outcome.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace keyferry::engine {

/// What the outcome of a call says about the endpoint, the quotas and the permissions, independent
/// of the job.
struct CallFeedback {
    explicit CallFeedback(FailureClass failure_class_) : failure_class(failure_class_) {}

    FailureClass failure_class;
    /// KMS performed the call or reports that it was already performed, so quota and permission
    /// sufficed.
    bool let_through = false;
    /// The job will be retried, possibly after a DescribeKey.
    bool is_retried = false;
    /// Denied again although other keys were accepted in between: only this key is affected.
    bool is_about_key = false;
    bool is_server_error = false;  ///< a 5xx: the endpoint is reachable but cannot process the call
    std::optional<std::chrono::milliseconds> retry_after;
    std::string code;  ///< the KMS error code, as received
    std::string message;
};

/// Derives the feedback from `outcome` and the job's `decision` about it.
template <typename Result>
[[nodiscard]] CallFeedback feedback_of(const io::CallOutcome<Result>& outcome,
                                       const JobDecision& decision) {
    CallFeedback answer(decision.failure_class);
    answer.retry_after = decision.retry_after;
    const auto* failure = std::get_if<io::CallFailure>(&outcome);
    if (failure == nullptr) {
        answer.let_through = true;
        return answer;
    }
    answer.let_through = failure->code == io::KmsErrorCode::already_exists;
    answer.is_retried = decision.failure_class != FailureClass::none &&
                        std::holds_alternative<NextCall>(decision.next);
    answer.code =
        failure->wire_code.empty() ? std::string(name_of(failure->code)) : failure->wire_code;
    answer.message = failure->message;
    constexpr int kServerErrorMin = 500;
    answer.is_server_error = failure->http_status >= kServerErrorMin;
    return answer;
}

}  // namespace keyferry::engine
