// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// The subset of AWS STS that KMS clients need: GetCallerIdentity, AssumeRole and
/// AssumeRoleWithWebIdentity, in AWS's Query protocol. Role credentials have the role's
/// permissions, limited by the session policies in Policy and PolicyArns, and are valid for
/// DurationSeconds (900 to 43200, default 3600) by the simulator's clock.
class StsHandler {
  public:
    StsHandler(SimulatedKms& kms, Callers& callers, std::uint64_t seed)
        : kms_(kms), callers_(callers), random_(seed, "sts") {}

    HandlerResponse respond(const io::SignableRequest& request, const SimulatedTime& time);

    /// Session policies; null: none.
    using SessionPolicies = std::shared_ptr<const PolicyDocuments>;

    /// Creates temporary credentials for a role and adds them to the callers.
    const SimulatorIdentity& make_temporary(const SimulatorRole& role,
                                            std::string_view session,
                                            io::WallTime expires_at,
                                            SessionPolicies session_policies = nullptr);

  private:
    using Parameters = std::map<std::string, std::string, std::less<>>;

    [[nodiscard]] std::variant<SessionPolicies, KmsRefusal> session_policies_in(
        const Parameters& parameters) const;
    HandlerResponse assume(const SimulatorRole& role,
                           const Parameters& parameters,
                           std::string_view operation,
                           LedgerEntry entry,
                           const SimulatedTime& time);
    HandlerResponse identity_of(const Callers::Caller& caller, LedgerEntry entry);
    HandlerResponse success(std::string_view operation, std::string_view result, LedgerEntry entry);
    HandlerResponse failure(const KmsRefusal& refusal, LedgerEntry entry);

    SimulatedKms& kms_;
    Callers& callers_;
    SeededRandom random_;
    std::optional<SimulatorIdentity> temporary_;
};

}  // namespace keyferry::simulator
