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

/// What the answer to a call says about the way that it went, whatever it means for its job.
struct CallFeedback {
    explicit CallFeedback(FailureClass trouble_) : trouble(trouble_) {}

    FailureClass trouble;
    /// KMS has done what was asked, or says that it has been done: there is room and permission.
    bool let_through = false;
    /// The trouble is not the end of the job: it will call again, be it to look first.
    bool is_retried = false;
    /// Denied again, although others were let through in between: it is about the key alone.
    bool is_about_key = false;
    bool is_server_error = false;  ///< a 5xx: the endpoint answers, but not for what was asked
    std::optional<std::chrono::milliseconds> retry_after;
    std::string code;  ///< KMS's, as it came
    std::string message;
};

/// What is known of `outcome` after the job's `decision` about it.
template <typename Result>
[[nodiscard]] CallFeedback feedback_of(const io::CallOutcome<Result>& outcome,
                                       const JobDecision& decision) {
    CallFeedback answer(decision.trouble);
    answer.retry_after = decision.retry_after;
    const auto* failure = std::get_if<io::CallFailure>(&outcome);
    if (failure == nullptr) {
        answer.let_through = true;
        return answer;
    }
    answer.let_through = failure->code == io::KmsErrorCode::already_exists;
    answer.is_retried =
        decision.trouble != FailureClass::none && std::holds_alternative<NextCall>(decision.next);
    answer.code =
        failure->wire_code.empty() ? std::string(name_of(failure->code)) : failure->wire_code;
    answer.message = failure->message;
    constexpr int kServerErrorMin = 500;
    answer.is_server_error = failure->http_status >= kServerErrorMin;
    return answer;
}

}  // namespace keyferry::engine
