// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/call_feedback.hpp"

namespace keyferry::engine {

CallFeedback feedback_of(const io::CallFailure* failure,
                         FailureClass failure_class,
                         bool is_retried) {
    CallFeedback feedback(failure_class);
    if (failure == nullptr) {
        feedback.was_performed = true;
        return feedback;
    }
    feedback.was_performed = failure->code == io::KmsErrorCode::already_exists;
    feedback.is_retried = is_retried;
    feedback.retry_after = failure->retry_after;
    feedback.code =
        failure->wire_code.empty() ? std::string(name_of(failure->code)) : failure->wire_code;
    if (failure_class == FailureClass::no_credentials) {
        feedback.code = kNoCredentials;
    }
    feedback.message = failure->message;
    return feedback;
}

}  // namespace keyferry::engine
