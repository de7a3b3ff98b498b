#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/server/sts_handler.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry {

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
class InstanceFront {
  public:
    InstanceFront(Callers& callers, StsFront& sts) : callers_(callers), sts_(sts) {}

    /// Nothing for a path that is none of these.
    std::optional<FrontAnswer> answer(const SignableRequest& request, const SimulatedTime& time);

  private:
    FrontAnswer metadata(const SignableRequest& request, const SimulatedTime& time);
    FrontAnswer container(std::string_view role, const SimulatedTime& time);
    FrontAnswer federation(const SignableRequest& request, const SimulatedTime& time);

    Callers& callers_;
    StsFront& sts_;
};

}  // namespace keyferry
