// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::io {

/// Gets credentials from the container credentials endpoint (ECS, EKS Pod Identity). Sends a GET
/// request with an Authorization header and a timeout of 2 s, up to three times, one second apart.
/// `io` and `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> container_credentials(
    boost::asio::io_context& io, Clock& clock, ContainerSource origin, std::string user_agent);

/// Gets the credentials of an EC2 instance's role from the instance metadata service, version 2:
/// PUT for a token, GET for the role name, GET for its credentials. Never uses version 1, which is
/// vulnerable to server-side request forgery. `io` and `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> imds_credentials(
    boost::asio::io_context& io, Clock& clock, ImdsSource origin, std::string user_agent);

}  // namespace keyferry::io
