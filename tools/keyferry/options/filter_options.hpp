// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace keyferry::cli {

/// The part of a fleet to work on and the rail against too much of it, as `plan` and `run` take
/// them.
struct FilterOptions {
    planner::PlanFilter filter;
    std::optional<std::uint64_t> jobs_max;
};

void add_filter_options(Command command, FilterOptions& options);

/// --only, for commands that look at KMS first.
void add_only_option(Command command, FilterOptions& options);

/// `whole` filtered; nothing when that cannot be or there is too much of it, the reason having been
/// told on standard error (the command then ends with exit_usage).
[[nodiscard]] std::optional<planner::Plan> filtered(planner::Plan whole,
                                                    const FilterOptions& options);

/// False where `plan` has more jobs than --max-jobs allows, which has then been told.
[[nodiscard]] bool check_jobs_max(const planner::Plan& plan, const FilterOptions& options);

}  // namespace keyferry::cli
