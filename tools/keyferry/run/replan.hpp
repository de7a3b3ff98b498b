// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "io/clock/clock.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::cli {

/// `run --replan`: if the journal at `path` exists and belongs to another plan, converts it to
/// `plan` and logs which jobs were carried over, added and dropped. Throws CommandError if that
/// fails.
void replan_for_run(const std::string& path,
                    const planner::Plan& plan,
                    const engine::JournalHeader& header,
                    io::WallTime now);

/// Logs how `plan` differs from the plan of the journal at `path`, which was refused because it
/// belongs to another plan.
void log_plan_difference(const std::string& path, const planner::Plan& plan);

}  // namespace keyferry::cli
