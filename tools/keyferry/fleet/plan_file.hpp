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

/// Reads the saved plan at `path`. Returns nullopt after logging the error.
[[nodiscard]] std::optional<planner::SavedPlan> read_plan_file(const std::string& path);

/// What messages call the plan that read_plan_from_stdin() reads.
inline constexpr const char* kStandardInput = "(standard input)";

/// Reads a saved plan from standard input, to its end. Returns nullopt after logging the error.
[[nodiscard]] std::optional<planner::SavedPlan> read_plan_from_stdin();

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

/// Checks the SHA-256 of `saved` if `checks` expects one, and compares the plan with its spec
/// (planner::match_with_spec), whose [limits], [retry] and [wait] replace those of the plan.
/// Returns false after logging the differences, or that the spec is missing. With
/// `checks.without_spec`, the spec is not used.
[[nodiscard]] bool check_spec_of(planner::SavedPlan& saved,
                                 const std::string& plan_path,
                                 const PlanChecks& checks = {});

}  // namespace keyferry::cli
