// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/reviewed_plan.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/terminal/command_error.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace keyferry::cli {

/// Limits on what a run may create. Replicas that already exist do not count.
struct CreationLimits {
    std::optional<std::uint64_t> jobs_max;          ///< --max-jobs
    std::optional<double> usd_per_month_added_max;  ///< --max-cost
};

/// Adds --max-jobs and --max-cost.
void add_creation_limit_options(Command command, CreationLimits& limits);

/// Returns the error, with exit_changes, if a run of the plan may exceed a limit. Counts the
/// replicas to create and those that a run tries to create because their primaries could not be
/// checked. `may_start` tells whether a run starts a job, according to its journal. It is not
/// called for replicas that the survey has shown to be missing.
[[nodiscard]] std::optional<CommandError> exceeded_limit(
    const CreationLimits& limits,
    const planner::ReviewedPlan& reviewed,
    const std::function<bool(planner::JobIndex)>& may_start);

}  // namespace keyferry::cli
