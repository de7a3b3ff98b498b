// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::cli {

/// Whether the primaries of `plan`, from the file at `path`, can still be replicated and still have
/// what it copies of them: exit_done, or the command's exit code, the reason having been told. What
/// has become of replicas since is no reason to stop: a run finds those that exist, and reports
/// what stands in the way of others. Nor are tags and policies that the plan does not copy. Runs
/// `io`, which can be run again afterwards.
[[nodiscard]] int check_primaries(const std::string& path,
                                  const planner::Plan& plan,
                                  KmsAccess& kms,
                                  boost::asio::io_context& io,
                                  io::Clock& clock,
                                  ProgressStyle style);

}  // namespace keyferry::cli
