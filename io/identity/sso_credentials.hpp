// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_client.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace keyferry::io {

/// The file in which the AWS CLI keeps the token of a sign-on: <folder>/<SHA-1 of the session's
/// name, in the older form of the portal's URL>.json.
[[nodiscard]] std::string sso_token_file(const SsoSource& origin);

/// Credentials of a role from the SSO portal (GetRoleCredentials), for who has signed on with 'aws
/// sso login'. `portal`: AwsService::sso of the origin's Region. A token that is missing or out of
/// date is a failure that says how to get a new one: that takes a person and a browser. `http` and
/// `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> sso_credentials(
    HttpClient& http, Clock& clock, SsoSource origin, Endpoint portal, std::string user_agent);

}  // namespace keyferry::io
