// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/aws/service_url.hpp"
#include "io/http/http_client.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry::io {

inline constexpr int kHttpOk = 200;

/// Between two attempts at a source of credentials.
inline constexpr std::chrono::seconds kCredentialRetryDelay{1};

/// Largest file with a token.
inline constexpr std::size_t kTokenFileBytesMax = 65'536;

/// Whether another attempt may succeed after a response with this status.
[[nodiscard]] bool is_retryable(int http_status) noexcept;

/// What a source responses with: status and body.
struct ServiceResponse {
    int status = 0;
    Secret body;
};

/// One request without a body to a source of credentials, "GET" or "PUT". `headers` are whole
/// lines, each ended by "\r\n"; none may come from outside unchecked. `target` is path and query.
/// The failure's text names the URL and what went wrong below HTTP; any status is a response.
[[nodiscard]] boost::asio::awaitable<boost::system::result<ServiceResponse, CredentialFailure>>
send_service_request(HttpTarget connections,
                     Endpoint endpoint,
                     std::string method,
                     std::string target,
                     Secret headers,
                     std::string user_agent);

}  // namespace keyferry::io
