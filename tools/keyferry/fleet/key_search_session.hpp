// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>

namespace keyferry::cli {

/// The keys that a fleet selects, or the exit code if the search failed.
struct SearchEnd {
    std::optional<planner::SelectedKeys> found;
    int exit_code = 0;  ///< if `found` is empty; the reason has been logged
};

/// Searches KMS for the keys that the groups of `fleet` select, with progress on standard error,
/// and logs how many were found. The first stop signal stops the search. Runs `io`, which can be
/// run again afterwards.
[[nodiscard]] SearchEnd search_keys(const planner::FleetSpec& fleet,
                                    KmsAccess& kms,
                                    boost::asio::io_context& io,
                                    io::Clock& clock,
                                    ProgressStyle style,
                                    OutageWait outage_wait);

}  // namespace keyferry::cli
