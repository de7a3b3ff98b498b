// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace keyferry::io {

/// How sure a failure is. Anything that happens after the first byte has been written is `unknown`
/// until a read says otherwise.
enum class Certainty : std::uint8_t {
    not_sent,  ///< nothing left this machine: name lookup, connect or TLS failed, or a stale
               ///< keep-alive connection refused the first byte; not done
    refused,   ///< KMS answered with an error that means: not done
    unknown,   ///< sent, then a timeout, reset, 5xx or an answer that is none; may have been done
};

/// One attempt that did not bring a result.
struct CallFailure {
    CallFailure(Certainty certainty_, KmsErrorCode code_, std::string message_)
        : certainty(certainty_), code(code_), message(std::move(message_)) {}

    Certainty certainty;
    /// What KMS answered; for failures below HTTP: request_timeout for a passed deadline,
    /// service_unavailable for every other transport error.
    KmsErrorCode code;
    /// KMS's own text, or what the transport was doing and what it got. Printable ASCII, bounded
    /// (1 KiB), never a secret.
    std::string message;
    std::string wire_code;   ///< the code as KMS wrote it; empty for transport failures
    std::string request_id;  ///< x-amzn-RequestId; empty where there was no answer
    int http_status = 0;     ///< 0 where there was no answer
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
    std::optional<std::chrono::sys_seconds> date;          ///< KMS's clock when it answered
};

/// A result as KMS answered it.
template <typename Result>
struct CallSuccess {
    explicit CallSuccess(Result result_) : result(std::move(result_)) {}
    Result result;
    std::string request_id;
    std::optional<std::chrono::sys_seconds> date;  ///< KMS's clock when it answered
};

template <typename Result>
using CallOutcome = std::variant<CallSuccess<Result>, CallFailure>;

}  // namespace keyferry::io
