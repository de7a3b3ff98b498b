// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/server/sts_handler.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Where programs on AWS's own machines find the credentials of their role, as far as clients need
/// it:
///
///     PUT /latest/api/token, GET /latest/meta-data/iam/security-credentials/[ROLE]    EC2, IMDSv2
///     GET /_keyferry/container/ROLE                                                   ECS, EKS
///     GET /federation/credentials?role_name=ROLE&account_id=ACCOUNT                   IAM Identity
///     Center
///
/// The first role that the simulator knows is the instance's. Each answer has new credentials, good
/// for an hour by the simulator's clock. IMDS wants its token; Identity Center takes any bearer
/// token but an empty one.
class InstanceMetadataHandler {
  public:
    InstanceMetadataHandler(Callers& callers, StsHandler& sts) : callers_(callers), sts_(sts) {}

    /// Nothing for a path that is none of these.
    std::optional<HandlerResponse> answer(const io::SignableRequest& request,
                                          const SimulatedTime& time);

  private:
    HandlerResponse metadata(const io::SignableRequest& request, const SimulatedTime& time);
    HandlerResponse container(std::string_view name, const SimulatedTime& time);
    HandlerResponse federation(const io::SignableRequest& request, const SimulatedTime& time);

    Callers& callers_;
    StsHandler& sts_;
};

}  // namespace keyferry::simulator
