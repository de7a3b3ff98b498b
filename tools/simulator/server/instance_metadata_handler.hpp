// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/server/sso_token.hpp"
#include "tools/simulator/server/sts_handler.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The credential endpoints of EC2 (IMDSv2), containers (ECS, EKS) and IAM Identity Center, limited
/// to the functionality that clients need:
///
///     PUT /latest/api/token                                          EC2
///     GET /latest/meta-data/iam/security-credentials/[ROLE]          EC2
///     GET /_keyferry/container/ROLE                                  ECS, EKS
///     GET /federation/credentials?role_name=ROLE&account_id=ACCOUNT  IAM Identity Center
///
/// The first role added to the simulator is the instance's role. Each response contains new
/// credentials that are valid for one hour by the simulator's clock. IMDS requires its token, which
/// expires after the requested time (1 s to 6 h); Identity Center requires an access token that has
/// not expired (SsoTokens); the container endpoint requires no token.
class InstanceMetadataHandler {
  public:
    InstanceMetadataHandler(Callers& callers, StsHandler& sts, SsoTokens& sso_tokens)
        : callers_(callers), sts_(sts), sso_tokens_(sso_tokens) {}

    /// Returns nullopt for any other path.
    std::optional<HandlerResponse> respond(const io::SignableRequest& request,
                                           const SimulatedTime& time);

  private:
    HandlerResponse metadata(const io::SignableRequest& request, const SimulatedTime& time);
    HandlerResponse container(std::string_view name, const SimulatedTime& time);
    HandlerResponse federation(const io::SignableRequest& request, const SimulatedTime& time);

    Callers& callers_;
    StsHandler& sts_;
    SsoTokens& sso_tokens_;
};

}  // namespace keyferry::simulator
