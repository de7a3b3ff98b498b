// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_filter.hpp"

#include <string>

namespace keyferry::cli {

/// Returns the path of the journal that a run of `fleet`, a spec or a saved plan, uses without
/// --journal: "fleet.journal" for fleet.toml. Filtered runs and rehearsals have journals of their
/// own.
[[nodiscard]] std::string default_run_journal(const std::string& fleet,
                                              const planner::PlanFilter& filter,
                                              bool is_rehearsal);

}  // namespace keyferry::cli
