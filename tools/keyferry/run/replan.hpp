// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "io/clock/clock.hpp"
#include "planner/plan/plan.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// `run --replan`: makes the journal at `path`, if there is one and it belongs to another plan, one
/// of `plan`, and says on standard error what was carried over, added and dropped. Nothing when the
/// run can go on, else the exit code of the command, the reason having been told.
[[nodiscard]] std::optional<int> replan_for_run(const std::string& path,
                                                const planner::Plan& plan,
                                                const engine::JournalHeader& header,
                                                io::WallTime now);

/// Tells on standard error how `plan` differs from that of the journal at `path`, which was refused
/// as another plan's.
void log_plan_difference(const std::string& path, const planner::Plan& plan);

}  // namespace keyferry::cli
