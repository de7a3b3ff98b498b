// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/aws/endpoint.hpp"
#include "io/http/http_client.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace keyferry::io {

/// Returns the path of the AWS CLI's cached token: <cache folder>/<SHA-1 of the session name, or of
/// the portal's URL in the legacy format>.json.
[[nodiscard]] std::string sso_token_file(const SsoSource& origin);

/// Gets a role's credentials from the SSO portal (GetRoleCredentials) for a user who has signed in
/// with 'aws sso login'. `portal` is the AwsService::sso endpoint in the source's Region. If the
/// token is missing or is rejected by the portal, the error explains how to get a new one, which
/// requires the user to sign in with a browser. `http` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> sso_credentials(HttpClient& http,
                                                                         SsoSource origin,
                                                                         Endpoint portal,
                                                                         std::string user_agent);

}  // namespace keyferry::io
