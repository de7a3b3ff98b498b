// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/sigv4.hpp"
#include "io/clock/clock.hpp"
#include "tools/simulator/server/kms_handler.hpp"

#include <string_view>

namespace keyferry::simulator {

/// The refresh token that a client uses to renew an IAM Identity Center session. Clients do not
/// need to be registered with the simulator, so any client ID and secret are accepted.
inline constexpr std::string_view kSsoRefreshToken = "simulated-refresh-token";

/// CreateToken of SSO OIDC (POST /token), for the grant type "refresh_token": returns an access
/// token that is valid for an hour by the simulator's clock.
[[nodiscard]] HandlerResponse renew_sso_token(const io::SignableRequest& request, io::WallTime now);

/// Whether `token` was returned by renew_sso_token() and has expired. Any other access token is
/// accepted, because the first sign-in happens in a browser.
[[nodiscard]] bool is_expired_sso_token(std::string_view token, io::WallTime now);

}  // namespace keyferry::simulator
