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

/// The result of check_primaries(): the survey, or the command's exit code after its reason was
/// logged.
struct PrimariesCheck {
    int exit_code = 0;
    std::optional<planner::Inventory> inventory;  ///< set if `exit_code` is exit_done
};

/// Checks that the primaries whose replicas the saved plan at `path` creates (`saved_review`) can
/// still be replicated and still have the values that the plan copies. Changes to tags and policies
/// that the plan does not copy are accepted. Changes to replicas are also accepted, since a run
/// detects existing replicas and reports conflicts. Runs `io`, which can be run again afterwards.
[[nodiscard]] PrimariesCheck check_primaries(const std::string& path,
                                             const planner::Plan& plan,
                                             const planner::PlanReview& saved_review,
                                             KmsAccess& kms,
                                             boost::asio::io_context& io,
                                             io::Clock& clock,
                                             ProgressStyle style);

}  // namespace keyferry::cli
