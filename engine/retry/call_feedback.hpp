// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/names/call_outcome.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// What the outcome of a call means for the quotas and failure scopes of its lane, regardless of
/// its job.
struct CallFeedback {
    explicit CallFeedback(FailureClass failure_class_) : failure_class(failure_class_) {}

    FailureClass failure_class;
    /// KMS performed the call or reported that it had been performed earlier, so no quota was
    /// exceeded.
    bool was_performed = false;
    bool is_retried = false;  ///< the call will be retried, possibly after a DescribeKey
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
    std::string code;                                      ///< the KMS error code, as received
    std::string message;
};

/// The error code of a call for which no credentials could be obtained. KMS does not use this code.
inline constexpr std::string_view kNoCredentials = "NoCredentials";

/// Returns the feedback for a call. `failure` is null if the call succeeded.
[[nodiscard]] CallFeedback feedback_of(const io::CallFailure* failure,
                                       FailureClass failure_class,
                                       bool is_retried);

}  // namespace keyferry::engine
