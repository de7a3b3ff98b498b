// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace keyferry::cli {

/// A fleet whose keys have been looked for.
struct ResolvedFleet {
    planner::Plan plan;
    std::vector<planner::SelectedKey> found;  ///< what is known of the selected keys, for a survey
    std::vector<planner::QuotaCalls> calls;   ///< that the search has made
    planner::UnseenKeys unseen;               ///< keys that the plan may lack
};

/// Asks KMS for the keys that the groups of `fleet` select, and plans. Nothing when that could not
/// be; the reason has been told and `exit_code` is the command's. Runs `io`.
[[nodiscard]] std::optional<ResolvedFleet> resolve_fleet(planner::UnresolvedFleet fleet,
                                                         KmsAccess& kms,
                                                         boost::asio::io_context& io,
                                                         io::Clock& clock,
                                                         ProgressStyle style,
                                                         int& exit_code);

}  // namespace keyferry::cli
