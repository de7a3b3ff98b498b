// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/output_file.hpp"
#include "planner/saved/saved_plan.hpp"
#include "tools/keyferry/options/plan_checks.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Whether the file at `path` is a regular file that starts like a saved plan. Returns false if the
/// file cannot be read; the error is then reported when the caller reads the file.
[[nodiscard]] bool is_plan_file(const std::string& path);

/// Throws UsageError if `checks` has options for a saved plan, but `path` is not one.
void require_plan_file(const PlanChecks& checks, const std::string& path);

/// Reads the saved plan at `path`. Throws CommandError with exit_usage if it cannot be read.
[[nodiscard]] planner::SavedPlan read_plan_file(const std::string& path);

/// Like read_plan_file(), but also reads pipes, and standard input if `path` is "-".
[[nodiscard]] planner::SavedPlan read_plan_input(const std::string& path);

/// The name of the plan at `path` in messages: "(standard input)" for "-".
[[nodiscard]] std::string plan_name(const std::string& path);

/// Checks that a plan of `spec` may be saved at `path` (io::check_output). Throws CommandError if
/// not.
[[nodiscard]] io::OutputTarget check_plan_output(const std::string& path,
                                                 const std::string& spec,
                                                 bool force);

/// Writes `saved` to `path` (io::write_output). Throws CommandError if that fails.
void write_plan_file(const planner::SavedPlan& saved, const std::string& path, bool force);

/// Checks the SHA-256 of `saved` if `checks` expects one, and compares the plan with its spec
/// (planner::match_with_spec), whose [limits], [retry] and [wait] replace those of the plan.
/// Throws CommandError with exit_changes if they differ or if the spec is missing. With
/// `checks.without_spec`, the spec is not used.
void check_spec_of(planner::SavedPlan& saved,
                   const std::string& plan_path,
                   const PlanChecks& checks = {});

}  // namespace keyferry::cli
