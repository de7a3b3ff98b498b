// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace keyferry::cli {

/// The filters of `plan`, `run`, `check` and `sync` that select part of a fleet, and --max-jobs.
/// `explain` uses `filter` for its key.
struct FilterOptions {
    planner::PlanFilter filter;
    std::optional<std::uint64_t> jobs_max;
};

void add_filter_options(Command command, FilterOptions& options);

/// Adds --only, for commands that survey KMS first.
void add_only_option(Command command, FilterOptions& options);

/// Throws CommandError if `plan` has more jobs than --max-jobs.
void check_jobs_max(const planner::Plan& plan, const FilterOptions& options);

}  // namespace keyferry::cli
