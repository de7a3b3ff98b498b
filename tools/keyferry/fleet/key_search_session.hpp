// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>

namespace keyferry::cli {

/// The keys that a fleet selects, or how the command ends.
struct SearchEnd {
    std::optional<planner::SelectedKeys> found;
    int exit_code = 0;  ///< only without keys; the reason has been told on standard error
};

/// Asks KMS which keys the groups of `fleet` select, with progress on standard error, and says how
/// many there are. The first SIGINT ends it. Runs `io`, which can be run again afterwards.
[[nodiscard]] SearchEnd search_keys(const planner::FleetSpec& fleet,
                                    KmsAccess& kms,
                                    boost::asio::io_context& io,
                                    io::Clock& clock,
                                    ProgressStyle style);

}  // namespace keyferry::cli
