// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_client.hpp"
#include "io/http/http_failure.hpp"
#include "io/kms/kms_client.hpp"
#include "io/kms_http/kms_response_json.hpp"
#include "io/names/region.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kFailureMessageBytesMax = 1024;
inline constexpr std::size_t kWireCodeBytesMax = 128;

/// Converts a transport failure.
[[nodiscard]] CallFailure failure_without_response(const HttpFailure& failure);

/// Converts a response with a status other than 200, from KMS or an intermediary. The error code is
/// determined as in the SDKs: the body's "__type", its "code", the header x-amzn-errortype, then
/// the status. KMS returns 400 for nearly every client error, so only the code shows what happened.
/// A 4xx response with a code means that KMS refused the request. If there is no code, if the
/// status is 5xx, or if the code indicates a failure inside KMS, the outcome is unknown.
///
/// If the message contains the request that KMS expected to be signed, that part is removed,
/// because it may contain the session token. A response without an error code was sent by a proxy,
/// a load balancer or a failing service. In this case, the message quotes the first words of the
/// body.
///
/// The cause is `credentials` if KMS in `region` does not accept the caller's credentials and no
/// other Region would either. An UnrecognizedClientException from an opt-in Region does not have
/// this cause, since a Region that the account has not enabled returns the same error.
[[nodiscard]] CallFailure failure_of_response(const HttpResponse& response,
                                              const KmsErrorDocument& document,
                                              const Region& region);

/// Converts a response with status 200 whose body is not a valid KMS response. The outcome is
/// unknown.
[[nodiscard]] CallFailure failure_of_body(const HttpResponse& response, std::string_view problem);

/// Returns `text` for logs and terminals: printable ASCII ('?' for everything else), truncated to
/// `bytes_max` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace keyferry::io
