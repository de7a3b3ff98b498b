// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace keyferry::cli {

/// A fleet with the keys that its groups select.
struct ResolvedFleet {
    planner::Plan plan;
    std::vector<planner::SelectedKey> found;  ///< the selected keys, for a survey
    std::vector<planner::QuotaCalls> calls;   ///< calls that the search sent
    planner::UncheckedKeys
        unseen;  ///< keys that could not be checked and may be missing from the plan
    planner::RefusedAccounts refused_accounts;  ///< accounts that were not searched
};

/// Searches KMS for the keys that the groups of `fleet` select, and creates the plan. Returns
/// nullopt after logging the error and setting `exit_code`. Runs `io`, which can be run again
/// afterwards.
[[nodiscard]] std::optional<ResolvedFleet> resolve_fleet(planner::UnresolvedFleet fleet,
                                                         KmsAccess& kms,
                                                         boost::asio::io_context& io,
                                                         io::Clock& clock,
                                                         ProgressStyle style,
                                                         OutageWait outage_wait,
                                                         int& exit_code);

}  // namespace keyferry::cli
