// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/saved/saved_plan.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Whether the file at `path` is a regular file that starts like a saved plan. Returns false if the
/// file cannot be read; the error is then reported when the caller reads the file.
[[nodiscard]] bool is_plan_file(const std::string& path);

/// Reads the saved plan at `path`. Returns nullopt after logging the error.
[[nodiscard]] std::optional<planner::SavedPlan> read_plan_file(const std::string& path);

/// Writes `saved` to `path`, replacing an existing file (io::write_file). Returns false after
/// logging the error.
[[nodiscard]] bool write_plan_file(const planner::SavedPlan& saved, const std::string& path);

/// Checks that the spec from which `saved` was made still produces the same plan. Returns false
/// after logging the changes. A missing spec is accepted, because a plan may be run on a machine
/// that does not have the spec.
[[nodiscard]] bool check_spec_of(const planner::SavedPlan& saved, const std::string& plan_path);

}  // namespace keyferry::cli
