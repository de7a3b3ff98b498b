// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

namespace keyferry::cli {

/// The filters of `plan`, `run`, `check` and `sync` that select part of a fleet.
/// `explain` uses `filter` for its key.
struct FilterOptions {
    planner::PlanFilter filter;
};

void add_filter_options(Command command, FilterOptions& options);

/// Adds --only, for commands that survey KMS first.
void add_only_option(Command command, FilterOptions& options);

}  // namespace keyferry::cli
