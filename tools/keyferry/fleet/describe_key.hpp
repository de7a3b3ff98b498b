// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/key_sections.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace keyferry::cli {

/// Describes the key with index `key` in the Region of its primary and in those of its replicas, in
/// this order. Regions that were not reached before a stop signal have the status `not_requested`.
/// Runs `io`, which can be run again afterwards.
[[nodiscard]] std::vector<planner::KeyDescription> describe_key(const planner::Plan& plan,
                                                                std::uint32_t key,
                                                                KmsAccess& kms,
                                                                boost::asio::io_context& io,
                                                                io::Clock& clock,
                                                                ProgressStyle style);

}  // namespace keyferry::cli
