// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/sigv4.hpp"
#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry::simulator {

struct HandlerResponse {
    int http_status = 0;
    std::string body;
    std::string request_id;
    Delivery delivery = Delivery::answered;
    std::chrono::nanoseconds delay{0};
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
    std::string_view content_type = "application/x-amz-json-1.1";
};

/// What stands between HTTP and the simulated KMS: checks the signature and what its
/// owner may do, finds the operation, turns JSON into a typed request and the result into JSON.
/// Works on a request that is parsed already; no sockets.
class KmsHandler {
  public:
    KmsHandler(SimulatedKms& kms, Callers& callers) : kms_(kms), callers_(callers) {}

    /// Names that `request` does not sign are ignored; its views must live through the call.
    HandlerResponse answer(const io::SignableRequest& request, const SimulatedTime& time);

  private:
    HandlerResponse turn_away(const io::SignableRequest& request,
                              const SimulatedTime& time,
                              const io::AccountRegion* place,
                              const KmsRefusal& refusal);
    template <typename Request>
    HandlerResponse serve(const io::SignableRequest& request,
                          const SimulatedTime& time,
                          const Callers::Caller& caller);
    using Serve = HandlerResponse (KmsHandler::*)(const io::SignableRequest& request,
                                                  const SimulatedTime& time,
                                                  const Callers::Caller& caller);
    /// What serves an operation; nullptr where nothing does.
    [[nodiscard]] static Serve serve_for(io::KmsApi api);

    SimulatedKms& kms_;
    Callers& callers_;
};

}  // namespace keyferry::simulator
