// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/output_file.hpp"
#include "planner/saved/saved_plan.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Whether the file at `path` is a regular file that starts like a saved plan. Returns false if the
/// file cannot be read; the error is then reported when the caller reads the file.
[[nodiscard]] bool is_plan_file(const std::string& path);

/// Reads the saved plan at `path`. Returns nullopt after logging the error.
[[nodiscard]] std::optional<planner::SavedPlan> read_plan_file(const std::string& path);

/// Checks that a plan of `spec` may be saved at `path` (io::check_output). Returns nullopt after
/// logging the reason and setting `exit_code`.
[[nodiscard]] std::optional<io::OutputTarget> check_plan_output(const std::string& path,
                                                                const std::string& spec,
                                                                bool force,
                                                                int& exit_code);

/// Writes `saved` to `path` (io::write_output). Returns false after logging the error.
[[nodiscard]] bool write_plan_file(const planner::SavedPlan& saved,
                                   const std::string& path,
                                   bool force);

/// Checks that the spec from which `saved` was made still produces the same plan. Returns false
/// after logging the changes. A missing spec is accepted, because a plan may be run on a machine
/// that does not have the spec.
[[nodiscard]] bool check_spec_of(const planner::SavedPlan& saved, const std::string& plan_path);

}  // namespace keyferry::cli
