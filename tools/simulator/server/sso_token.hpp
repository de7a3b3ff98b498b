// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/sigv4.hpp"
#include "io/clock/clock.hpp"
#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/values/simulated_time.hpp"
#include "tools/simulator/values/sliding_count.hpp"

#include <string_view>

namespace keyferry::simulator {

/// The refresh token that a client uses to renew an IAM Identity Center session. Clients do not
/// need to be registered with the simulator, so any client ID and secret are accepted.
inline constexpr std::string_view kSsoRefreshToken = "simulated-refresh-token";

/// The access tokens of IAM Identity Center. They contain their expiry, so they remain valid when
/// the simulator is restarted.
class SsoTokens {
  public:
    /// Neither the quota of CreateToken nor its message is documented; its error code is.
    static constexpr std::uint32_t kRequestsPerSecondMax = 20;

    SsoTokens(SimulatedKms& kms, Callers& callers) : kms_(kms), callers_(callers) {}

    /// CreateToken of SSO OIDC (POST /token), for the grant type "refresh_token": returns an access
    /// token that is valid for an hour by the simulator's clock.
    [[nodiscard]] HandlerResponse renew(const io::SignableRequest& request,
                                        const SimulatedTime& time);

    /// Whether `token` is valid: it was returned by renew() in the last hour, or it was not, and
    /// its first use was in the last hour.
    [[nodiscard]] bool is_valid(std::string_view token, io::WallTime now);

  private:
    SimulatedKms& kms_;
    Callers& callers_;
    SlidingCount requests_;
};

}  // namespace keyferry::simulator
