// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>

namespace keyferry::cli {

/// Checks that the primaries whose replicas the saved plan at `path` creates (`saved_review`) can
/// still be replicated and still have the values that the plan copies. Returns exit_done, with the
/// survey in `inventory`, or the command's exit code after logging the reason. Changes to tags and
/// policies that the plan does not copy are accepted. Changes to replicas are also accepted, since
/// a run detects existing replicas and reports conflicts. Primaries of refused accounts
/// (KmsAccess::refused_accounts) are not checked, since no calls are sent for them. Runs `io`,
/// which can be run again afterwards.
[[nodiscard]] int check_primaries(const std::string& path,
                                  const planner::Plan& plan,
                                  const planner::PlanReview& saved_review,
                                  KmsAccess& kms,
                                  boost::asio::io_context& io,
                                  io::Clock& clock,
                                  ProgressStyle style,
                                  std::optional<planner::Inventory>& inventory);

}  // namespace keyferry::cli
