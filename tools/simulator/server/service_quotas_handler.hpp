// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/server/json_service.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::simulator {

/// The subset of Service Quotas that KMS clients need: ListServiceQuotas and GetServiceQuota for
/// the service code "kms". The values are those that the simulator applies in the account and
/// Region of the request. The caller's policies are not evaluated.
///
/// The resource quotas have AWS's codes. AWS's codes for the request quotas are unknown, so the
/// simulator derives codes from the names. Clients should look up these quotas by name.
class ServiceQuotasHandler {
  public:
    ServiceQuotasHandler(SimulatedKms& kms, Callers& callers)
        : kms_(kms),
          service_(kms,
                   callers,
                   "servicequotas",
                   "ServiceQuotasV20190624.",
                   [this](const JsonCall& call) { return serve(call); }) {}

    /// Returns nullopt if the request is for another service.
    std::optional<HandlerResponse> respond(const io::SignableRequest& request,
                                           const SimulatedTime& time) {
        return service_.respond(request, time);
    }

  private:
    struct Quota {
        std::string code;  ///< "L-C2F1777E"
        std::string name;  ///< as in the KMS Developer Guide
        double value = 0;
        bool is_rate = false;  ///< per second
    };

    /// The requests that one operation has left in one account and Region.
    struct Available {
        double requests = 0;
        io::Moment at;  ///< when that was the number
    };

    JsonServiceResult serve(const JsonCall& call);
    /// Counts a request against the request quota of its operation. Returns false if it is
    /// exhausted.
    bool take_request(const JsonCall& call);
    [[nodiscard]] std::vector<Quota> quotas_at(const io::AccountRegion& place);

    SimulatedKms& kms_;
    std::map<std::pair<io::AccountRegion, std::string>, Available> requests_;
    JsonService service_;
};

}  // namespace keyferry::simulator
