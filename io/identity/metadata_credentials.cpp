// SPDX-License-Identifier: Apache-2.0
#include "io/identity/metadata_credentials.hpp"

#include "io/file/read_file.hpp"
#include "io/http/http_client.hpp"
#include "io/identity/credential_json.hpp"
#include "io/identity/service_exchange.hpp"
#include "io/names/first_line.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

constexpr int kNotFound = 404;
constexpr std::chrono::milliseconds kContainerTimeout{2'000};
constexpr int kContainerAttempts = 3;
constexpr std::size_t kRoleNameBytesMax = 256;

using Response = boost::system::result<ServiceResponse, CredentialFailure>;

/// Local services use a separate client, because they are reached without a proxy and respond
/// immediately or not at all.
HttpSettings settings_for(std::chrono::milliseconds timeout) {
    HttpSettings settings;
    settings.connect_timeout = timeout;
    settings.handshake_timeout = timeout;
    settings.request_timeout = timeout;
    settings.response_body_bytes_max = std::size_t{64} * 1024;
    return settings;
}

HttpOrigin origin_of(const ServiceUrl& url) {
    return HttpOrigin(url.endpoint.https, url.endpoint.host, url.endpoint.port);
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

CredentialFailure failure_of_status(const ServiceResponse& response, std::string_view source) {
    const std::string message = error_message(response.body.reveal());
    return CredentialFailure(is_retryable(response.status),
                             fmt::format("{} returned HTTP status {}{}{}",
                                         source,
                                         response.status,
                                         message.empty() ? "" : ": ",
                                         message));
}

std::string_view without_line_ends(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

/// Returns the Authorization header line; empty if the environment has no token.
boost::system::result<Secret, CredentialFailure> authorization_line(const ContainerSource& origin) {
    Secret token = origin.token.copy();
    std::string_view name = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    if (!origin.token_file.empty()) {
        name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
        auto content = read_file(origin.token_file, kTokenFileBytesMax);
        if (!content) {
            return CredentialFailure(false, fmt::format("{}: {}", name, content.error().text));
        }
        token = Secret(without_line_ends(*content));
        static_cast<void>(Secret::take(*content));
    }
    if (token.empty()) {
        return Secret();
    }
    if (!is_printable(token.reveal())) {
        return CredentialFailure(false,
                                 fmt::format("{}: the token contains invalid characters", name));
    }
    std::string line;
    line.reserve(token.reveal().size() + 32);
    line.append("Authorization: ").append(token.reveal()).append("\r\n");
    return Secret::take(line);
}

asio::awaitable<CredentialsOutcome> request_container_credentials(HttpTarget connections,
                                                                  const ContainerSource& origin,
                                                                  std::string user_agent) {
    auto authorization = authorization_line(origin);
    if (!authorization) {
        co_return authorization.error();
    }
    std::string source =
        fmt::format("the container credentials endpoint at {}", origin.url.endpoint.url());
    const Response response = co_await send_service_request(std::move(connections),
                                                            origin.url.endpoint,
                                                            "GET",
                                                            origin.url.target,
                                                            std::move(*authorization),
                                                            std::move(user_agent));
    if (!response) {
        co_return CredentialFailure(true, fmt::format("{}: {}", source, response.error().text));
    }
    if (response->status != kHttpOk) {
        co_return failure_of_status(*response, source);
    }
    co_return read_metadata_credentials(response->body.reveal(), std::move(source));
}

/// The three consecutive requests to the instance metadata service.
class ImdsSession {
  public:
    ImdsSession(HttpTarget connections, const ImdsSource& origin, std::string user_agent)
        : connections_(std::move(connections)),
          url_(origin.url),
          user_agent_(std::move(user_agent)),
          source_(fmt::format("the EC2 metadata service at {}", origin.url.endpoint.url())) {}

    asio::awaitable<CredentialsOutcome> credentials() {
        Response token = co_await send(
            "PUT", "latest/api/token", Secret("X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
        if (!token) {
            co_return token.error();
        }
        const std::string_view text = without_line_ends(token->body.reveal());
        if (text.empty() || !is_printable(text)) {
            co_return CredentialFailure(true, source_ + ": the token is invalid");
        }
        std::string line = fmt::format("X-aws-ec2-metadata-token: {}\r\n", text);
        const Secret header = Secret::take(line);
        const Response roles = co_await send("GET", kRoles, header.copy());
        if (!roles) {
            co_return roles.error();
        }
        const std::string role =
            first_line(without_line_ends(roles->body.reveal()), kRoleNameBytesMax);
        if (role.empty() || role.find_first_of(" /?#%") != std::string::npos) {
            co_return CredentialFailure(false, source_ + ": the role name is invalid");
        }
        const Response response = co_await send("GET", kRoles + role, header.copy());
        if (!response) {
            co_return response.error();
        }
        co_return read_metadata_credentials(response->body.reveal(),
                                            fmt::format("EC2 instance role {}", role));
    }

  private:
    /// Sends one request; fails unless the status is 200.
    asio::awaitable<Response> send(std::string method, std::string path, Secret header) {
        const bool is_role_list = path == kRoles;
        Response response = co_await send_service_request(connections_,
                                                          url_.endpoint,
                                                          std::move(method),
                                                          url_.target + path,
                                                          std::move(header),
                                                          user_agent_);
        if (!response) {
            co_return CredentialFailure(true,
                                        fmt::format("{}: {}", source_, response.error().text));
        }
        if (response->status == kNotFound && is_role_list) {
            co_return CredentialFailure(false, source_ + ": the instance has no IAM role");
        }
        if (response->status != kHttpOk) {
            co_return failure_of_status(*response, source_);
        }
        co_return std::move(response);
    }

    inline static const std::string kRoles = "latest/meta-data/iam/security-credentials/";

    HttpTarget connections_;
    const ServiceUrl& url_;
    std::string user_agent_;
    std::string source_;
};

}  // namespace

asio::awaitable<CredentialsOutcome> container_credentials(asio::io_context& io,
                                                          Clock& clock,
                                                          ContainerSource origin,
                                                          std::string user_agent) {
    HttpClient http(io, clock, settings_for(kContainerTimeout));
    const HttpTarget connections = http.target(origin_of(origin.url));
    for (int attempt = 1;; ++attempt) {
        CredentialsOutcome outcome =
            co_await request_container_credentials(connections, origin, user_agent);
        if (outcome || !outcome.error().retryable || attempt == kContainerAttempts) {
            co_return std::move(outcome);
        }
        co_await clock.sleep_until(clock.now() + kCredentialRetryDelay, asio::use_awaitable);
    }
}

asio::awaitable<CredentialsOutcome> imds_credentials(asio::io_context& io,
                                                     Clock& clock,
                                                     ImdsSource origin,
                                                     std::string user_agent) {
    HttpClient http(io, clock, settings_for(origin.timeout));
    ImdsSession talk(http.target(origin_of(origin.url)), origin, std::move(user_agent));
    for (int attempt = 1;; ++attempt) {
        CredentialsOutcome outcome = co_await talk.credentials();
        if (outcome || !outcome.error().retryable || attempt >= origin.attempts) {
            co_return std::move(outcome);
        }
        co_await clock.sleep_until(clock.now() + kCredentialRetryDelay, asio::use_awaitable);
    }
}

}  // namespace keyferry::io
