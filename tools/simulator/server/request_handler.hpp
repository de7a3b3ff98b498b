// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/instance_metadata_handler.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/server/sts_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <cstdint>

namespace keyferry::simulator {

/// Everything that the simulator answers on its one port: KMS, STS, the credentials of machines
/// (instance_front.hpp), and what is no part of AWS:
///
///     GET /_keyferry/ledger     the requests so far, as JSON Lines; "?from=N" leaves out the first
///     N
///                               of those that are kept
///     GET /_keyferry/keys       the keys that there are, as JSON
///     PUT /_keyferry/faults     other faults from now on, written as for --fault; an empty body:
///     none
///
/// These take no signature: whoever reaches the port may use them. Works on requests that are
/// parsed already; no sockets.
class RequestHandler {
  public:
    explicit RequestHandler(SimulatedKms& kms, std::uint64_t seed = 1)
        : kms_(kms),
          kms_front_(kms, callers_),
          sts_front_(kms, callers_, seed),
          instance_front_(callers_, sts_front_) {}

    Callers& callers() noexcept { return callers_; }

    /// Names that `request` does not sign are ignored; its views must live through the call.
    HandlerResponse answer(const io::SignableRequest& request, const SimulatedTime& time);

  private:
    HandlerResponse control(const io::SignableRequest& request, const SimulatedTime& time);

    SimulatedKms& kms_;
    Callers callers_;
    KmsHandler kms_front_;
    StsHandler sts_front_;
    InstanceMetadataHandler instance_front_;
};

}  // namespace keyferry::simulator
