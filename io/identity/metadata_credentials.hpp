// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::io {

/// Credentials from the agent beside a container (ECS, EKS Pod Identity): one GET with an
/// Authorization header, 2 s each, three tries a second apart. `io` and `clock` must outlive the
/// call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> container_credentials(
    boost::asio::io_context& io, Clock& clock, ContainerSource origin, std::string user_agent);

/// Credentials of an EC2 instance's role from its metadata service, version 2: PUT for a token, GET
/// for the role's name, GET for its credentials. Never version 1, which responses whoever can make
/// this machine send a request. `io` and `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> imds_credentials(
    boost::asio::io_context& io, Clock& clock, ImdsSource origin, std::string user_agent);

}  // namespace keyferry::io
