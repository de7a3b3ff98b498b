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

/// Handles HTTP requests to the simulated KMS. Verifies the signature, selects the operation,
/// decodes the JSON request, and encodes the result. Works on parsed requests, without sockets.
class KmsHandler {
  public:
    KmsHandler(SimulatedKms& kms, Callers& callers) : kms_(kms), callers_(callers) {}

    /// Headers that are not signed are ignored. The request's views must stay valid during the
    /// call.
    HandlerResponse respond(const io::SignableRequest& request, const SimulatedTime& time);

  private:
    HandlerResponse reject(const io::SignableRequest& request,
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
    /// The function that serves an operation; nullptr if the operation is not supported.
    [[nodiscard]] static Serve serve_for(io::KmsApi api);

    SimulatedKms& kms_;
    Callers& callers_;
};

}  // namespace keyferry::simulator
