// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <string>

namespace keyferry::cli {

/// Format options of `plan` and `show`.
struct PlanOutputOptions {
    std::string format = "text";
    bool json = false;
    bool list_jobs = false;

    [[nodiscard]] bool is_json() const noexcept { return json || format == "json"; }
    [[nodiscard]] bool is_text() const noexcept { return !json && format == "text"; }
};

void add_plan_output_options(Command command, PlanOutputOptions& options);

/// Prints the report on the plan to standard output, with a forecast for the replicas to create.
void print_plan_report(const planner::ReviewedPlan& reviewed,
                       const planner::PlanProvenance& provenance,
                       const PlanOutputOptions& options);

}  // namespace keyferry::cli
