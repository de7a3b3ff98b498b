// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

namespace keyferry::cli {

/// The result of locate_primaries().
struct LocateEnd {
    int exit_code = 0;    ///< exit_done, or the command's exit code after logging the reason
    std::string refusal;  ///< KMS's error if it would refuse every call; otherwise empty
    std::vector<planner::QuotaCalls> calls;
};

/// Describes the keys of `plan` that are not in `found`, adds them to `found`, and plans the
/// replicas of keys whose primaries have moved (planner::move_primaries). If a key cannot be
/// described, its primary remains in the Region stated in the spec. `plan` must contain all
/// replicas of its keys. Does nothing if KMS is simulated. Runs `io`, which can be run again
/// afterwards.
[[nodiscard]] LocateEnd locate_primaries(planner::Plan& plan,
                                         std::vector<planner::SelectedKey>& found,
                                         KmsAccess& kms,
                                         boost::asio::io_context& io,
                                         io::Clock& clock,
                                         ProgressStyle style,
                                         OutageWait outage_wait);

/// Logs the findings about moved primaries.
void log_moved_primaries(const planner::Plan& plan);

}  // namespace keyferry::cli
