// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/saved/saved_plan.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Whether the regular file at `path` begins like a saved plan. False where it cannot be read: who
/// reads it next says why.
[[nodiscard]] bool is_plan_file(const std::string& path);

/// The saved plan at `path`; nothing when it cannot be read or is none, the reason having been told
/// on standard error.
[[nodiscard]] std::optional<planner::SavedPlan> read_plan_file(const std::string& path);

/// Writes `saved` to `path`, in the place of a file that is there: whole or not at all. False when
/// that failed, the reason having been told on standard error.
[[nodiscard]] bool write_plan_file(const planner::SavedPlan& saved, const std::string& path);

/// Looks whether the spec that `saved` was made from still asks for it. False when it does not, the
/// changes having been told on standard error. A spec that is not there is no reason to refuse: a
/// plan is also for machines that do not have it.
[[nodiscard]] bool check_spec_of(const planner::SavedPlan& saved, const std::string& plan_path);

}  // namespace keyferry::cli
