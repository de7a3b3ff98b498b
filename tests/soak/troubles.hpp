// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/machine.hpp"
#include "tools/simulator/service/fault_plan.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace keyferry::soak {

/// The credentials of an account are lost.
struct CredentialLoss {
    std::string account;
    simulator::FaultWindow window;
    bool is_refused;  ///< KMS rejects them; otherwise, their source provides none
};

/// A Region's endpoint omits members of its responses, or sends empty responses.
struct IncompleteResponses {
    std::string region;
    double rate;
    simulator::FaultWindow window;
};

/// The failures of a soak that affect individual keys, accounts and endpoints, and the computer on
/// which the program runs.
struct Troubles {
    std::vector<simulator::FaultRule> outages;  ///< end within minutes; includes slow Regions
    std::vector<simulator::FaultRule> dead;     ///< outages that outlast a run
    bool has_slow_region = false;               ///< responses take 20 s
    std::vector<CredentialLoss> credential_losses;
    std::vector<IncompleteResponses> incomplete_responses;
    std::vector<bool> denied;                  ///< by job
    std::set<std::string> denied_replicas;     ///< ARNs; a sync may not change them
    bool denials_end = false;                  ///< when all failures have ended
    std::vector<MachineEvent> machine_events;  ///< ordered by time
    std::chrono::milliseconds lasting{0};      ///< total duration of all outages, sleeps and stalls
};

/// Generates random failures for a soak. They end at `end`. In a mild soak, one run must handle all
/// of them: outages end within 5 minutes; dead endpoints and rejected credentials last until the
/// run ends, and affect only the jobs of their Region or account.
Troubles draw_troubles(std::uint64_t seed, const SoakFleet& fleet, io::Moment end, bool is_mild);

/// A multi-line description.
std::string description(const Troubles& troubles);

}  // namespace keyferry::soak
