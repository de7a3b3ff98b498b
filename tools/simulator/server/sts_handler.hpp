// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/callers.hpp"
#include "tools/simulator/server/kms_handler.hpp"
#include "tools/simulator/service/simulated_kms.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

    /// A session to create for a role.
    struct NewSession {
        std::string_view name;
        std::chrono::seconds duration{3600};
        SessionPolicySources policy_sources = {};
        std::shared_ptr<const PolicyDocuments> policies = nullptr;  ///< parsed policy_sources
    };

    /// Creates temporary credentials for a role and adds them to the callers. Returns nullptr if
    /// there are too many credentials that have not expired. The result is valid until the next
    /// call.
    const SimulatorIdentity* make_temporary(const SimulatorRole& role,
                                            NewSession session,
                                            io::WallTime now);

  private:
    using Parameters = std::map<std::string, std::string, std::less<>>;

    /// Reads and parses the session policies in a request.
    [[nodiscard]] std::optional<KmsRefusal> read_session_policies(const Parameters& parameters,
                                                                  NewSession& session) const;
    HandlerResponse assume(const SimulatorRole& role,
                           const Parameters& parameters,
                           std::string_view operation,
                           LedgerEntry entry,
                           const SimulatedTime& time);
    /// AssumeRoleWithWebIdentity.
    HandlerResponse assume_with_token(const Parameters& parameters,
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
