// SPDX-License-Identifier: Apache-2.0
#include "io/identity/credential_resolver.hpp"

#include "io/file/read_file.hpp"
#include "io/identity/metadata_credentials.hpp"
#include "io/identity/process_credentials.hpp"
#include "io/identity/service_exchange.hpp"
#include "io/identity/sso_credentials.hpp"
#include "io/names/in_quotes.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <chrono>
#include <type_traits>
#include <utility>
#include <variant>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

constexpr int kAttempts = 3;
constexpr std::size_t kTokenBytesMin = 4;  // STS's clientTokenType
constexpr std::size_t kTokenBytesMax = 20'000;

CredentialsOutcome outcome_of(StsOutcome<Credentials> outcome, std::string_view where) {
    if (!outcome) {
        CredentialFailure failure(outcome.error().retryable,
                                  fmt::format("{}: {}", where, outcome.error().text));
        failure.code = outcome.error().code;
        return failure;
    }
    return std::move(*outcome);
}

/// Reads the token from its file, which another program keeps up to date.
boost::system::result<Secret, CredentialFailure> read_token(const WebIdentitySource& origin) {
    auto content = read_file(origin.token_file, kTokenFileBytesMax);
    if (!content) {
        return CredentialFailure(false, fmt::format("{}: {}", origin.where, content.error().text));
    }
    const Secret whole = Secret::take(*content);
    std::string_view token = whole.reveal();
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
        token.remove_suffix(1);
    }
    if (token.size() < kTokenBytesMin || token.size() > kTokenBytesMax) {
        return CredentialFailure(false,
                                 fmt::format("{}: {} does not contain a token of {} to {} bytes",
                                             origin.where,
                                             origin.token_file,
                                             kTokenBytesMin,
                                             kTokenBytesMax));
    }
    return Secret(token);
}

/// Repeats `attempt` while failures are retryable.
template <typename Attempt>
asio::awaitable<CredentialsOutcome> try_again(Clock& clock, Attempt& attempt) {
    std::chrono::seconds delay = kCredentialRetryDelay;
    for (int count = 1;; ++count) {
        CredentialsOutcome outcome = co_await attempt();
        if (outcome || !outcome.error().retryable || count == kAttempts) {
            co_return std::move(outcome);
        }
        co_await clock.sleep_until(clock.now() + delay, asio::use_awaitable);
        delay *= 2;
    }
}

/// If no other source was found either, adds the searched sources to the message.
CredentialFailure with_searched_sources(const CredentialFailure& failure,
                                        const std::string& searched_sources) {
    if (searched_sources.empty()) {
        return failure;
    }
    CredentialFailure result = failure;
    result.text = fmt::format(
        "no AWS credentials found: {}; {}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, create "
        "a profile with 'aws configure', or choose another with --profile",
        searched_sources,
        failure.text);
    return result;
}

}  // namespace

CredentialResolver::CredentialResolver(asio::io_context& io,
                                       Clock& clock,
                                       HttpSettings settings,
                                       CredentialEndpoints endpoints,
                                       Region fallback_region,
                                       std::string user_agent)
    : io_(io),
      clock_(clock),
      endpoints_(std::move(endpoints)),
      fallback_region_(std::move(fallback_region)),
      user_agent_(std::move(user_agent)),
      http_(io, clock, std::move(settings)),
      sts_(http_, clock, user_agent_) {}

StsEndpoint CredentialResolver::sts_endpoint(const std::optional<Region>& region) const {
    const Region& chosen = region ? *region : fallback_region_;
    return StsEndpoint(chosen, regional_endpoint(AwsService::sts, chosen, endpoints_.sts));
}

asio::awaitable<CredentialsOutcome> CredentialResolver::resolve(CredentialChain plan) {
    const StsEndpoint sts = sts_endpoint(plan.region);
    CredentialsOutcome outcome = co_await from_source(plan, sts);
    if (!outcome) {
        co_return with_searched_sources(outcome.error(), plan.searched_sources);
    }
    for (RoleStep& step : plan.roles) {
        CredentialsOutcome next = co_await from_role(std::move(step), sts, std::move(*outcome));
        if (!next) {
            co_return next.error();
        }
        outcome = std::move(next);
    }
    co_return std::move(outcome);
}

asio::awaitable<CredentialsOutcome> CredentialResolver::from_source(CredentialChain& plan,
                                                                    StsEndpoint sts) {
    if (auto* keys = std::get_if<Credentials>(&plan.origin)) {
        co_return std::move(*keys);
    }
    if (auto* process = std::get_if<ProcessSource>(&plan.origin)) {
        co_return co_await process_credentials(io_, clock_, std::move(*process), ProcessLimits());
    }
    if (auto* sign_in = std::get_if<SsoSource>(&plan.origin)) {
        co_return co_await from_sso(std::move(*sign_in));
    }
    if (auto* web_identity = std::get_if<WebIdentitySource>(&plan.origin)) {
        co_return co_await from_web_identity(std::move(*web_identity), std::move(sts));
    }
    if (auto* container = std::get_if<ContainerSource>(&plan.origin)) {
        co_return co_await container_credentials(io_, clock_, std::move(*container), user_agent_);
    }
    co_return co_await imds_credentials(
        io_, clock_, std::move(std::get<ImdsSource>(plan.origin)), user_agent_);
}

asio::awaitable<CredentialsOutcome> CredentialResolver::from_sso(SsoSource origin) {
    const Endpoint portal = regional_endpoint(AwsService::sso, *origin.region, endpoints_.sso);
    auto attempt = [&]() -> asio::awaitable<CredentialsOutcome> {
        return sso_credentials(http_, origin, portal, user_agent_);
    };
    co_return co_await try_again(clock_, attempt);
}

asio::awaitable<CredentialsOutcome> CredentialResolver::from_web_identity(WebIdentitySource origin,
                                                                          StsEndpoint sts) {
    const std::string source =
        fmt::format("role {} through web identity, {}", origin.role_arn, origin.where);
    auto attempt = [&]() -> asio::awaitable<CredentialsOutcome> {
        auto token = read_token(origin);
        if (!token) {
            co_return token.error();
        }
        WebIdentityRequest request(origin.role_arn, origin.session_name, std::move(*token));
        request.duration = origin.duration;
        co_return outcome_of(
            co_await sts_.assume_role_with_web_identity(sts, std::move(request), source),
            origin.where);
    };
    co_return co_await try_again(clock_, attempt);
}

asio::awaitable<CredentialsOutcome> CredentialResolver::from_role(RoleStep step,
                                                                  StsEndpoint sts,
                                                                  Credentials caller) {
    const std::string source =
        fmt::format("role {} for {}, assumed with {}", step.role_arn, step.where, caller.source);
    const auto signer = std::make_shared<const Credentials>(std::move(caller));
    AssumeRoleRequest request(step.role_arn, step.session_name);
    request.external_id = step.external_id;
    request.session_policy = step.session_policy;
    request.duration = step.duration;
    auto attempt = [&]() -> asio::awaitable<CredentialsOutcome> {
        co_return outcome_of(co_await sts_.assume_role(sts, signer, request, source), step.where);
    };
    co_return co_await try_again(clock_, attempt);
}

asio::awaitable<StsOutcome<CallerIdentity>> CredentialResolver::caller_of(
    std::shared_ptr<const Credentials> credentials, std::optional<Region> region) {
    const StsEndpoint sts = sts_endpoint(region);
    std::chrono::seconds delay = kCredentialRetryDelay;
    for (int count = 1;; ++count) {
        StsOutcome<CallerIdentity> outcome = co_await sts_.get_caller_identity(sts, credentials);
        if (outcome || !outcome.error().retryable || count == kAttempts) {
            co_return std::move(outcome);
        }
        co_await clock_.sleep_until(clock_.now() + delay, asio::use_awaitable);
        delay *= 2;
    }
}

}  // namespace keyferry::io
