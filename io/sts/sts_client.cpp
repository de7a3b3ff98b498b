// SPDX-License-Identifier: Apache-2.0
#include "io/sts/sts_client.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

constexpr int kOk = 200;

}  // namespace

asio::awaitable<StsOutcome<HttpResponse>> StsClient::post(StsEndpoint sts,
                                                          std::shared_ptr<const Credentials> caller,
                                                          Secret form,
                                                          std::string doing) {
    const HttpTarget target =
        http_.target(HttpOrigin(sts.endpoint.https, sts.endpoint.host, sts.endpoint.port));
    for (bool is_first = true;; is_first = false) {
        const std::chrono::sys_seconds signed_at = local_time() + skew_.correction();
        const Secret request = sts_request(
            sts.endpoint, sts.region, caller.get(), form.reveal(), signed_at, user_agent_);
        // All three calls may be sent twice, because they create sessions but do not change
        // anything.
        HttpOutcome outcome = co_await target.exchange(request.reveal(), Repeat::if_stale);
        if (const auto* failure = std::get_if<HttpFailure>(&outcome)) {
            co_return StsFailure(true, "", fmt::format("{}: {}", doing, failure->message));
        }
        auto& response = std::get<HttpResponse>(outcome);
        if (response.status() == kOk) {
            co_return std::move(response);
        }
        StsFailure failure = read_sts_failure(response.status(), response.body(), doing);
        const auto sts_time = server_time_in(failure.text);
        if (!is_first || !sts_time || !skew_.refused(signed_at, *sts_time, local_time())) {
            co_return std::move(failure);
        }
    }
}

std::chrono::sys_seconds StsClient::local_time() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
}

asio::awaitable<StsOutcome<Credentials>> StsClient::assume_role(
    StsEndpoint sts,
    std::shared_ptr<const Credentials> caller,
    AssumeRoleRequest request,
    std::string source) {
    std::string form = form_of(request);
    std::string doing = fmt::format("AssumeRole of {}", request.role_arn);
    const StsOutcome<HttpResponse> response =
        co_await post(std::move(sts), std::move(caller), Secret::take(form), std::move(doing));
    if (!response) {
        co_return response.error();
    }
    co_return read_session_credentials(response->body(), std::move(source));
}

asio::awaitable<StsOutcome<Credentials>> StsClient::assume_role_with_web_identity(
    StsEndpoint sts, WebIdentityRequest request, std::string source) {
    Secret form = form_of(request);
    std::string doing = fmt::format("AssumeRoleWithWebIdentity of {}", request.role_arn);
    const StsOutcome<HttpResponse> response =
        co_await post(std::move(sts), nullptr, std::move(form), std::move(doing));
    if (!response) {
        co_return response.error();
    }
    co_return read_session_credentials(response->body(), std::move(source));
}

asio::awaitable<StsOutcome<CallerIdentity>> StsClient::get_caller_identity(
    StsEndpoint sts, std::shared_ptr<const Credentials> caller) {
    std::string form = caller_identity_form();
    const StsOutcome<HttpResponse> response =
        co_await post(std::move(sts), std::move(caller), Secret::take(form), "GetCallerIdentity");
    if (!response) {
        co_return response.error();
    }
    co_return read_caller_identity(response->body());
}

}  // namespace keyferry::io
