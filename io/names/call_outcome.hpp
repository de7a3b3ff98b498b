// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace keyferry::io {

/// Whether the request may have been executed despite the failure. Once the first byte has been
/// written, this is `unknown` unless KMS returned an error that rules out execution. A later read
/// may show whether the request was executed.
enum class Certainty : std::uint8_t {
    not_sent,  ///< nothing was sent: name lookup, connect or TLS failed, or a stale keep-alive
               ///< connection rejected the first byte. The request was not executed
    refused,   ///< KMS returned an error that rules out execution
    unknown,  ///< sent, followed by a timeout, reset, 5xx or invalid response. The request may have
              ///< been executed
};

/// The cause of a failure, if the error code does not show it. Determines which other calls are
/// affected and who can fix the problem.
enum class FailureCause : std::uint8_t {
    other,         ///< see CallFailure::code
    credentials,   ///< no usable credentials for the account: either the source provides none, so
                   ///< nothing was sent, or KMS rejected them
    unknown_host,  ///< the host name of the endpoint or proxy does not exist; transient failures of
                   ///< name lookup are `other`
    untrusted_certificate,  ///< the endpoint's certificate was not accepted
};

/// A failed attempt.
struct CallFailure {
    CallFailure(Certainty certainty_, KmsErrorCode code_, std::string message_)
        : certainty(certainty_), code(code_), message(std::move(message_)) {}

    Certainty certainty;
    /// The error that KMS returned. For failures below HTTP: request_timeout for a missed deadline,
    /// service_unavailable for every other transport error.
    KmsErrorCode code;
    FailureCause cause = FailureCause::other;
    /// The message from KMS, or a description of which step of the transport failed and why.
    /// Printable ASCII of at most 1 KiB that never contains a secret.
    std::string message;
    std::string wire_code;  ///< the error code exactly as KMS sent it; empty for transport failures
    std::string request_id;  ///< x-amzn-RequestId; empty without a response
    int http_status = 0;     ///< 0 without a response
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
    std::optional<std::chrono::sys_seconds> date;          ///< the Date header: KMS's clock
};

/// A successful result from KMS.
template <typename Result>
struct CallSuccess {
    explicit CallSuccess(Result result_) : result(std::move(result_)) {}
    Result result;
    std::string request_id;
    std::optional<std::chrono::sys_seconds> date;  ///< the Date header: KMS's clock
};

template <typename Result>
using CallOutcome = std::variant<CallSuccess<Result>, CallFailure>;

}  // namespace keyferry::io
