// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_client.hpp"
#include "io/http/http_failure.hpp"
#include "io/kms/kms_client.hpp"
#include "io/kms_http/kms_response_json.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kFailureMessageBytesMax = 1024;
inline constexpr std::size_t kWireCodeBytesMax = 128;

/// How a call failed that brought no response.
[[nodiscard]] CallFailure failure_without_response(const HttpFailure& failure);

/// How a call failed that KMS, or something on the way to it, answered with another status than
/// 200. The code is read as the SDKs read it: the body's "__type", its "code", the header
/// x-amzn-errortype, then the status. KMS responses 400 to nearly every error of the client, so a
/// 4xx status decides nothing but that there is an error: with a code it is a refusal. Without one,
/// and for 5xx and the codes that mean trouble inside KMS, nobody knows what was done.
///
/// What KMS says of the request that it would have signed is cut off its message: the session token
/// may be in it.
[[nodiscard]] CallFailure failure_of_response(const HttpResponse& response,
                                              const KmsErrorDocument& document);

/// How a call failed whose response has status 200 and a body that is none of KMS's: unknown.
[[nodiscard]] CallFailure failure_of_body(const HttpResponse& response, std::string_view problem);

/// `text` in printable ASCII ('?' for everything else) and at most `bytes_max` long, fit for logs
/// and terminals.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace keyferry::io
