// SPDX-License-Identifier: Apache-2.0
#include "io/identity/sso_credentials.hpp"

#include "io/aws/timestamps.hpp"
#include "io/checksum/sha1.hpp"
#include "io/file/read_file.hpp"
#include "io/identity/credential_json.hpp"
#include "io/identity/service_exchange.hpp"
#include "io/names/shell_word.hpp"
#include "io/sts/sts_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

constexpr int kUnauthorized = 401;

std::string sign_in_advice(const SsoSource& origin) {
    return fmt::format("sign in with `aws sso login --profile {}`, then run again",
                       shell_word(origin.profile));
}

/// Returns the cached token. Only the portal decides whether it has expired, because the local
/// clock may be wrong.
boost::system::result<SsoToken, CredentialFailure> cached_token(const SsoSource& origin) {
    const std::string path = sso_token_file(origin);
    auto content = read_file(path, kTokenFileBytesMax);
    if (!content) {
        const bool is_missing = content.error().code == std::errc::no_such_file_or_directory;
        return CredentialFailure(
            false,
            fmt::format("{}: not signed in: {}; {}",
                        origin.where,
                        is_missing ? path + " does not exist" : content.error().text,
                        sign_in_advice(origin)));
    }
    const Secret text = Secret::take(*content);
    auto token = read_sso_token(text.reveal());
    if (!token) {
        return CredentialFailure(false,
                                 fmt::format("{}: {} is not an AWS CLI token: {}; {}",
                                             origin.where,
                                             path,
                                             token.error().text,
                                             sign_in_advice(origin)));
    }
    const std::string_view bytes = token->access_token.reveal();
    if (!std::all_of(bytes.begin(), bytes.end(), [](char c) { return c > ' ' && c <= '~'; })) {
        return CredentialFailure(
            false,
            fmt::format("{}: the token in {} contains invalid characters", origin.where, path));
    }
    return token;
}

CredentialFailure failure_of(const ServiceResponse& response,
                             const SsoSource& origin,
                             const SsoToken& token) {
    if (response.status == kUnauthorized) {
        return CredentialFailure(
            false,
            fmt::format("{}: the SSO portal rejected the session (valid until {}); {}",
                        origin.where,
                        amz_date(token.expires_at),
                        sign_in_advice(origin)));
    }
    const std::string message = error_message(response.body.reveal());
    return CredentialFailure(
        is_retryable(response.status),
        fmt::format("{}: the SSO portal returned HTTP status {} for role {} of account {}{}{}",
                    origin.where,
                    response.status,
                    origin.role,
                    origin.account,
                    message.empty() ? "" : ": ",
                    message));
}

}  // namespace

std::string sso_token_file(const SsoSource& origin) {
    return fmt::format("{}/{}.json",
                       origin.cache_folder,
                       sha1_hex(origin.session.empty() ? origin.start_url : origin.session));
}

asio::awaitable<CredentialsOutcome> sso_credentials(HttpClient& http,
                                                    SsoSource origin,
                                                    Endpoint portal,
                                                    std::string user_agent) {
    const auto token = cached_token(origin);
    if (!token) {
        co_return token.error();
    }
    std::string target = fmt::format("{}{}federation/credentials?role_name={}&account_id={}",
                                     portal.path,
                                     portal.path.ends_with('/') ? "" : "/",
                                     form_encoded(origin.role),
                                     origin.account);
    std::string line;
    line.reserve(token->access_token.reveal().size() + 64);
    line.append("x-amz-sso_bearer_token: ").append(token->access_token.reveal()).append("\r\n");
    const auto response = co_await send_service_request(
        http.target(HttpOrigin(portal.https, portal.host, portal.port)),
        portal,
        "GET",
        std::move(target),
        Secret::take(line),
        std::move(user_agent));
    if (!response) {
        co_return CredentialFailure(
            true, fmt::format("{}: the SSO portal: {}", origin.where, response.error().text));
    }
    if (response->status != kHttpOk) {
        co_return failure_of(*response, origin, *token);
    }
    CredentialsOutcome credentials =
        read_sso_credentials(response->body.reveal(),
                             fmt::format("role {} of account {} through single sign-on, {}",
                                         origin.role,
                                         origin.account,
                                         origin.where));
    if (credentials) {
        credentials->account = AccountId::parse(origin.account).value();
    }
    co_return std::move(credentials);
}

}  // namespace keyferry::io
