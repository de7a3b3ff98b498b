// SPDX-License-Identifier: Apache-2.0
#include "io/identity/service_exchange.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace keyferry::io {

namespace asio = boost::asio;

asio::awaitable<boost::system::result<ServiceResponse, CredentialFailure>> send_service_request(
    HttpTarget connections,
    Endpoint endpoint,
    std::string method,
    std::string target,
    Secret headers,
    std::string user_agent) {
    std::string text;
    text.reserve(1024 + target.size() + headers.reveal().size());
    text += fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nUser-Agent: {}\r\n",
                        method,
                        target,
                        endpoint.host_header(),
                        user_agent);
    text += headers.reveal();
    text += "Content-Length: 0\r\n\r\n";
    const Secret request = Secret::take(text);
    const HttpOutcome outcome = co_await connections.exchange(request.reveal(), Repeat::if_stale);
    if (const auto* failure = std::get_if<HttpFailure>(&outcome)) {
        co_return CredentialFailure(true, failure->message);
    }
    const HttpResponse& response = std::get<HttpResponse>(outcome);
    ServiceResponse result;
    result.status = response.status();
    result.body = Secret(response.body());
    co_return std::move(result);
}

bool is_retryable(int http_status) noexcept {
    constexpr int kServerErrorMin = 500;
    constexpr int kTooManyRequests = 429;
    return http_status >= kServerErrorMin || http_status == kTooManyRequests;
}

}  // namespace keyferry::io
