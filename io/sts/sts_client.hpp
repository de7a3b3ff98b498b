// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/clock_skew.hpp"
#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_client.hpp"
#include "io/names/region.hpp"
#include "io/sts/sts_request.hpp"
#include "io/sts/sts_response.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace keyferry::io {

/// An STS endpoint and the Region for which requests to it are signed.
struct StsEndpoint {
    StsEndpoint(Region region_, Endpoint endpoint_)
        : region(std::move(region_)), endpoint(std::move(endpoint_)) {}

    Region region;
    Endpoint endpoint;
};

/// STS client over HTTP. Each call is attempted only once, with one exception: if STS rejects a
/// signature because the local clock is wrong, the request is signed with STS's time and resent
/// once. Later requests use the corrected time from the start.
class StsClient {
  public:
    /// `user_agent` is the value of the User-Agent header (printable ASCII). `http` and `clock`
    /// must outlive the client, and the client must outlive its calls.
    StsClient(HttpClient& http, Clock& clock, std::string user_agent)
        : http_(http), clock_(clock), user_agent_(std::move(user_agent)) {}

    /// Returns credentials for a role that `caller` may assume. `source` describes where the
    /// credentials are from.
    boost::asio::awaitable<StsOutcome<Credentials>> assume_role(
        StsEndpoint sts,
        std::shared_ptr<const Credentials> caller,
        AssumeRoleRequest request,
        std::string source);

    /// Exchanges a token from an identity provider for the credentials of a role that trusts the
    /// provider.
    boost::asio::awaitable<StsOutcome<Credentials>> assume_role_with_web_identity(
        StsEndpoint sts, WebIdentityRequest request, std::string source);

    /// Returns the identity of `caller`. Requires no permissions.
    boost::asio::awaitable<StsOutcome<CallerIdentity>> get_caller_identity(
        StsEndpoint sts, std::shared_ptr<const Credentials> caller);

  private:
    boost::asio::awaitable<StsOutcome<HttpResponse>> post(StsEndpoint sts,
                                                          std::shared_ptr<const Credentials> caller,
                                                          Secret form,
                                                          std::string doing);
    [[nodiscard]] std::chrono::sys_seconds local_time() const;

    HttpClient& http_;
    Clock& clock_;
    std::string user_agent_;
    ClockSkew skew_;
};

}  // namespace keyferry::io
