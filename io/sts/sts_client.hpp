// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/clock_skew.hpp"
#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_client.hpp"
#include "io/names/region.hpp"
#include "io/sts/sts_answer.hpp"
#include "io/sts/sts_request.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace keyferry::io {

/// Which STS: the Region that requests are signed for, and where they go.
struct StsPlace {
    StsPlace(Region region_, Endpoint endpoint_)
        : region(std::move(region_)), endpoint(std::move(endpoint_)) {}

    Region region;
    Endpoint endpoint;
};

/// STS over HTTP. One call is one attempt; but a signature that STS refuses because this machine's
/// clock is wrong is made anew by STS's time, once, and so are all later ones.
class StsClient {
  public:
    /// `user_agent` is the value of the User-Agent header: printable ASCII. `http` and `clock` must
    /// outlive the client, and the client its calls.
    StsClient(HttpClient& http, Clock& clock, std::string user_agent)
        : http_(http), clock_(clock), user_agent_(std::move(user_agent)) {}

    /// Credentials of a role, which `caller` may assume. `source` is theirs in words.
    boost::asio::awaitable<StsOutcome<Credentials>> assume_role(
        StsPlace place,
        std::shared_ptr<const Credentials> caller,
        AssumeRoleRequest request,
        std::string source);

    /// Credentials of a role for who holds a token of an identity provider that the role trusts.
    boost::asio::awaitable<StsOutcome<Credentials>> assume_role_with_web_identity(
        StsPlace place, WebIdentityRequest request, std::string source);

    /// Whose credentials these are. Needs no permission.
    boost::asio::awaitable<StsOutcome<CallerIdentity>> get_caller_identity(
        StsPlace place, std::shared_ptr<const Credentials> caller);

  private:
    boost::asio::awaitable<StsOutcome<HttpAnswer>> post(StsPlace place,
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
