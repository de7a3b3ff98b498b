// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/names/call_outcome.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// What the outcome of a call means for the quotas and the failure scopes of its lane, independent
/// of the job.
struct CallFeedback {
    explicit CallFeedback(FailureClass failure_class_) : failure_class(failure_class_) {}

    FailureClass failure_class;
    /// KMS performed the call or reports that it was performed earlier, so the quotas sufficed.
    bool was_performed = false;
    bool is_retried = false;  ///< the call is repeated, possibly after a DescribeKey
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
    std::string code;                                      ///< the KMS error code, as received
    std::string message;
};

/// The error code of a call for which no credentials could be obtained. KMS itself has no such
/// code.
inline constexpr std::string_view kNoCredentials = "NoCredentials";

/// Returns the feedback of a call; `failure` is null if it succeeded.
[[nodiscard]] CallFeedback feedback_of(const io::CallFailure* failure,
                                       FailureClass failure_class,
                                       bool is_retried);

}  // namespace keyferry::engine
