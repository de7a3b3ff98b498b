// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/fleet/fleet_pipeline.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// Information about the run that the preflight checks need.
struct PreflightContext {
    std::string journal;          ///< path of the journal, which is open and has its space reserved
    std::uint64_t jobs_left = 0;  ///< jobs that are not done
    bool is_quiet = false;        ///< only survey the keys: no other checks, and no screen
};

/// Surveys the keys of `fleet`, unless this has been done, which determines the requests of the
/// run. Also checks what else the run depends on and shows the result on standard error, on one
/// screen or as a JSON line: the caller's identity, whether every Region responds, the primaries'
/// states, findings about policies, this machine's clock, disk space. Other problems do not stop
/// the run, which parks the affected Regions. The survey waits at most 30 seconds for an endpoint
/// that does not respond. Sets fleet.review to the plan compared with KMS and limited to what a
/// saved plan creates, as the run uses it; it is not surveyed if no Region responds. Throws
/// KmsRefusal if no call could succeed, and CommandError if the user interrupts.
void preflight(Fleet& fleet, const PreflightContext& context, KmsSession& session);

}  // namespace keyferry::cli
