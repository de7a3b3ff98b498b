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

/// Delay between two attempts at a credential source.
inline constexpr std::chrono::seconds kCredentialRetryDelay{1};

/// Maximum size of a token file in bytes.
inline constexpr std::size_t kTokenFileBytesMax = 65'536;

/// Whether another attempt may succeed after a response with this status.
[[nodiscard]] bool is_retryable(int http_status) noexcept;

/// The response of a credential source.
struct ServiceResponse {
    int status = 0;
    Secret body;
};

/// Sends one request without a body, "GET" or "PUT", to a credential source. `headers` are complete
/// lines, each terminated by "\r\n"; values from outside the program must have been validated.
/// `target` consists of a path and a query. A response with any status counts as success. Fails
/// only if there is no complete HTTP response, with an error that names the URL.
[[nodiscard]] boost::asio::awaitable<boost::system::result<ServiceResponse, CredentialFailure>>
send_service_request(HttpTarget connections,
                     Endpoint endpoint,
                     std::string method,
                     std::string target,
                     Secret headers,
                     std::string user_agent);

}  // namespace keyferry::io
