// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// As much of AWS STS as somebody needs who wants to call KMS: GetCallerIdentity, AssumeRole and
/// AssumeRoleWithWebIdentity, in AWS's Query protocol. Credentials of a role are good for
/// DurationSeconds (900 to 43200, 3600 by default) by the simulator's clock, and for what the role
/// may do.
class StsHandler {
  public:
    StsHandler(SimulatedKms& kms, Callers& callers, std::uint64_t seed)
        : kms_(kms), callers_(callers), random_(seed, "sts") {}

    HandlerResponse answer(const io::SignableRequest& request, const SimulatedTime& time);

    /// Makes temporary credentials of a role: an identity that the callers know from then on.
    const SimulatorIdentity& make_temporary(const SimulatorRole& role,
                                            std::string_view session,
                                            io::WallTime expires_at);

  private:
    using Parameters = std::map<std::string, std::string, std::less<>>;

    HandlerResponse assume(const SimulatorRole& role,
                           const Parameters& parameters,
                           std::string_view operation,
                           LedgerEntry entry,
                           const SimulatedTime& time);
    HandlerResponse identity_of(const Callers::Caller& caller, LedgerEntry entry);
    HandlerResponse good(std::string_view operation, std::string_view result, LedgerEntry entry);
    HandlerResponse bad(const KmsRefusal& refusal, LedgerEntry entry);

    SimulatedKms& kms_;
    Callers& callers_;
    SeededRandom random_;
    std::optional<SimulatorIdentity> made_;
};

}  // namespace keyferry::simulator
