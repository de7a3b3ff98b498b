// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/allowed_hosts.hpp"
#include "tools/simulator/server/instance_metadata_handler.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/server/organizations_handler.hpp"
#include "tools/simulator/server/service_quotas_handler.hpp"
#include "tools/simulator/server/sso_token.hpp"
#include "tools/simulator/server/sts_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"
#include "tools/simulator/values/time_control.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::simulator {

/// Handles all requests on the simulator's single port: KMS, STS, AWS Organizations,
/// Service Quotas, credential endpoints (instance_metadata_handler.hpp, sso_token.hpp), and control
/// endpoints that are not part of AWS:
///
///     GET /_keyferry/ledger     the requests in the ledger, as JSON Lines; "?from=N" skips the
///                               first N of them
///     GET /_keyferry/keys       the existing keys, as JSON
///     PUT /_keyferry/faults     replaces the faults; the body has the format of --fault, and an
///                               empty body disables all faults
///     GET /_keyferry/time       the simulated time, as JSON (time_json)
///     PUT /_keyferry/time       changes it (parse_time_change), and responds with the new time
///
/// The control endpoints require no signature: any client that can reach the port can use them.
/// Works on parsed requests, without sockets.
class RequestHandler {
  public:
    explicit RequestHandler(SimulatedKms& kms, std::uint64_t seed = 1)
        : kms_(kms),
          kms_handler_(kms, callers_),
          sts_handler_(kms, callers_, seed),
          sso_tokens_(kms, callers_),
          metadata_handler_(callers_, sts_handler_, sso_tokens_),
          organizations_handler_(kms, callers_),
          service_quotas_handler_(kms, callers_) {}

    Callers& callers() noexcept { return callers_; }
    OrganizationsHandler& organizations() noexcept { return organizations_handler_; }

    /// The accepted values of the Host header. Other requests are rejected.
    AllowedHosts& allowed_hosts() noexcept { return allowed_hosts_; }

    /// Allows clients to change the time, which is otherwise read-only. `time` must outlive this
    /// object.
    void allow_time_changes(TimeControl& time) noexcept { time_control_ = &time; }

    /// Calls `save` after each request, before its response is returned.
    void save_with(std::function<void()> save) { save_ = std::move(save); }

    /// Headers that are not signed are ignored. The request's views must stay valid during the
    /// call.
    HandlerResponse respond(const io::SignableRequest& request, const SimulatedTime& time);

  private:
    HandlerResponse dispatch(const io::SignableRequest& request, const SimulatedTime& time);
    HandlerResponse control(const io::SignableRequest& request, const SimulatedTime& time);
    HandlerResponse change_time(std::string_view text);

    SimulatedKms& kms_;
    TimeControl* time_control_ = nullptr;
    std::function<void()> save_;
    AllowedHosts allowed_hosts_;
    std::string host_;  ///< the last allowed host; cached because it rarely changes
    Callers callers_;
    KmsHandler kms_handler_;
    StsHandler sts_handler_;
    SsoTokens sso_tokens_;
    InstanceMetadataHandler metadata_handler_;
    OrganizationsHandler organizations_handler_;
    ServiceQuotasHandler service_quotas_handler_;
};

}  // namespace keyferry::simulator
