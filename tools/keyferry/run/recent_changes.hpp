// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/settled_reads.hpp"
#include "planner/plan/plan.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/sync_options.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <string>

namespace keyferry::cli {

/// Before a sync compares the replicas of `plan`: waits until KMS shows what other syncs and undos
/// of the fleet have changed within [wait] doubt_timeout, or until that time is over, so that the
/// comparison is not with values from before those changes. Does nothing if there are none. Runs
/// `io`, which can be run again afterwards. Returns exit_done, or another exit code after logging
/// why the reads were stopped.
[[nodiscard]] int wait_for_recent_changes(const SyncOptions& options,
                                          const planner::Plan& plan,
                                          KmsAccess& kms,
                                          boost::asio::io_context& io,
                                          io::Clock& clock);

/// Progress of `reads`, which read this many replicas: as JSON or as text.
[[nodiscard]] std::string settled_progress(const engine::SettledReads& reads,
                                           std::size_t replicas,
                                           bool as_json);

}  // namespace keyferry::cli
