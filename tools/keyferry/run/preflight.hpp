// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// Information about the run that the preflight checks need.
struct PreflightContext {
    PreflightContext() = default;
    std::string journal;          ///< path of the journal, which is open and has its space reserved
    std::uint64_t jobs_left = 0;  ///< jobs that are not done
    std::vector<planner::SelectedKey> found;  ///< keys that the key search has already described
    std::optional<planner::Inventory> inventory;  ///< if KMS has already been surveyed
    bool is_quiet = false;  ///< only survey the keys; no other checks, no screen
    ProgressStyle style = ProgressStyle::none;
};

/// How the preflight checks ended.
struct PreflightEnd {
    explicit PreflightEnd(int exit_code_) : exit_code(exit_code_) {}

    int exit_code;  ///< exit_done, or the command's exit code; its reason has been logged
    /// KMS's error, if it would refuse every call: "ExpiredTokenException: ..."
    std::string refusal;
    /// The plan compared with KMS. Not surveyed if no Region responds.
    planner::PlanReview review;
};

/// Surveys the keys of `plan`, which determines the requests of the run. Also performs the other
/// preflight checks and shows the results on standard error, as one screen of text or one JSON
/// line: the caller's identity, whether every Region responds, the primaries' states, findings
/// about policies, this machine's clock, and disk space. The command ends if no call could succeed
/// or if the user interrupts it. Other problems do not stop the run, which parks the affected
/// Regions. The survey waits at most 30 seconds for an endpoint that does not respond.
///
/// Runs `io`, which can be run again afterwards.
[[nodiscard]] PreflightEnd preflight(const planner::Plan& plan,
                                     PreflightContext context,
                                     KmsAccess& kms,
                                     boost::asio::io_context& io,
                                     io::Clock& clock);

}  // namespace keyferry::cli
