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

asio::awaitable<StsOutcome<HttpAnswer>> StsClient::post(StsPlace place,
                                                        std::shared_ptr<const Credentials> caller,
                                                        Secret form,
                                                        std::string doing) {
    const HttpTarget target =
        http_.target(HttpOrigin(place.endpoint.https, place.endpoint.host, place.endpoint.port));
    for (bool is_first = true;; is_first = false) {
        const std::chrono::sys_seconds signed_at = local_time() + skew_.correction();
        const Secret request = sts_request(
            place.endpoint, place.region, caller.get(), form.reveal(), signed_at, user_agent_);
        // All three calls may be sent twice: they make sessions, and change nothing.
        HttpOutcome outcome = co_await target.exchange(request.reveal(), Repeat::if_stale);
        if (const auto* failure = std::get_if<HttpFailure>(&outcome)) {
            co_return StsFailure(true, "", fmt::format("{}: {}", doing, failure->message));
        }
        auto& answer = std::get<HttpAnswer>(outcome);
        if (answer.status() == kOk) {
            co_return std::move(answer);
        }
        StsFailure failure = read_sts_failure(answer.status(), answer.body(), doing);
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
    StsPlace place,
    std::shared_ptr<const Credentials> caller,
    AssumeRoleRequest request,
    std::string source) {
    std::string form = form_of(request);
    std::string doing = fmt::format("AssumeRole of {}", request.role_arn);
    const StsOutcome<HttpAnswer> answer =
        co_await post(std::move(place), std::move(caller), Secret::take(form), std::move(doing));
    if (!answer) {
        co_return answer.error();
    }
    co_return read_session_credentials(answer->body(), std::move(source));
}

asio::awaitable<StsOutcome<Credentials>> StsClient::assume_role_with_web_identity(
    StsPlace place, WebIdentityRequest request, std::string source) {
    Secret form = form_of(request);
    std::string doing = fmt::format("AssumeRoleWithWebIdentity of {}", request.role_arn);
    const StsOutcome<HttpAnswer> answer =
        co_await post(std::move(place), nullptr, std::move(form), std::move(doing));
    if (!answer) {
        co_return answer.error();
    }
    co_return read_session_credentials(answer->body(), std::move(source));
}

asio::awaitable<StsOutcome<CallerIdentity>> StsClient::get_caller_identity(
    StsPlace place, std::shared_ptr<const Credentials> caller) {
    std::string form = caller_identity_form();
    const StsOutcome<HttpAnswer> answer =
        co_await post(std::move(place), std::move(caller), Secret::take(form), "GetCallerIdentity");
    if (!answer) {
        co_return answer.error();
    }
    co_return read_caller_identity(answer->body());
}

}  // namespace keyferry::io
