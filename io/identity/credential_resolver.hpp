// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/aws/endpoint_settings.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_client.hpp"
#include "io/identity/child_process.hpp"
#include "io/identity/credential_failure.hpp"
#include "io/names/region.hpp"
#include "io/sts/sts_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace keyferry::io {

/// Resolves credential chains: gets credentials from the source, then calls STS to assume one role
/// after another. A step that fails with a retryable error is attempted up to three times.
class CredentialResolver {
  public:
    /// `settings` are for connections to STS and the SSO portal. If a chain specifies no Region,
    /// the STS endpoint in `fallback_region` is used. `io` and `clock` must outlive the resolver,
    /// and the resolver must outlive its calls.
    CredentialResolver(boost::asio::io_context& io,
                       Clock& clock,
                       HttpSettings settings,
                       CredentialEndpoints endpoints,
                       Region fallback_region,
                       std::string user_agent);

    /// Returns the credentials at the end of the chain. Their source describes every step.
    boost::asio::awaitable<CredentialsOutcome> resolve(CredentialChain plan);

    /// Returns the identity to which the credentials belong. Calls STS in `region` or, if it is not
    /// set, in the fallback Region.
    boost::asio::awaitable<StsOutcome<CallerIdentity>> caller_of(
        std::shared_ptr<const Credentials> credentials, std::optional<Region> region);

  private:
    boost::asio::awaitable<CredentialsOutcome> from_source(CredentialChain& plan, StsEndpoint sts);
    boost::asio::awaitable<CredentialsOutcome> from_web_identity(WebIdentitySource origin,
                                                                 StsEndpoint sts);
    boost::asio::awaitable<CredentialsOutcome> from_sso(SsoSource origin);
    boost::asio::awaitable<CredentialsOutcome> from_role(RoleStep step,
                                                         StsEndpoint sts,
                                                         Credentials caller);
    [[nodiscard]] StsEndpoint sts_endpoint(const std::optional<Region>& region) const;

    boost::asio::io_context& io_;
    Clock& clock_;
    CredentialEndpoints endpoints_;
    Region fallback_region_;
    std::string user_agent_;
    HttpClient http_;
    StsClient sts_;
};

}  // namespace keyferry::io
