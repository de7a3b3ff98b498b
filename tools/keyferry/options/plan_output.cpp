// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/plan_output.hpp"

#include "engine/forecast/forecast.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/report/plan_report.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <algorithm>
#include <map>

namespace keyferry::cli {

namespace {

const std::map<std::string, decltype(&planner::write_plan_text)> kWriters{
    {"text", planner::write_plan_text},
    {"json", planner::write_plan_json},
    {"markdown", planner::write_plan_markdown},
    {"html", planner::write_plan_html}};

/// Forecast for the replicas to create. The forecast includes all keys and Regions of the plan,
/// even those without replicas to create.
planner::PlanForecast forecast_of_creations(const planner::ReviewedPlan& reviewed) {
    const planner::Plan& plan = reviewed.plan;
    const bool all = std::all_of(reviewed.review.verdicts.begin(),
                                 reviewed.review.verdicts.end(),
                                 [](const planner::JobVerdict& verdict) {
                                     return verdict.action == planner::JobAction::create;
                                 });
    if (all) {
        return engine::forecast(plan);
    }
    planner::Plan creations = plan;
    creations.jobs.clear();
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        if (reviewed.review.verdicts[job].action == planner::JobAction::create) {
            creations.jobs.push_back(plan.jobs[job]);
        }
    }
    return engine::forecast(creations);
}

}  // namespace

void add_plan_output_options(Command command, PlanOutputOptions& options) {
    Option format = command.option("--format", options.format, "Format of the report")
                        .one_of({"text", "json", "markdown", "html"})
                        .show_default();
    command.flag("--json", options.json, "Same as --format json").excludes(format);
    command.flag("--list-jobs",
                 options.list_jobs,
                 "Also list every (key, Region) pair with its action and the reason; html and "
                 "markdown list only the first few hundred keys and state how many are omitted");
}

void print_plan_report(const planner::ReviewedPlan& reviewed,
                       const planner::PlanProvenance& provenance,
                       const PlanOutputOptions& options) {
    planner::PlanReportOptions report;
    report.list_jobs = options.list_jobs;
    const auto write = kWriters.at(options.json ? "json" : options.format);
    write(reviewed,
          provenance,
          forecast_of_creations(reviewed),
          report,
          [is_json = options.is_json()](std::string_view piece) {
              // Names in the spec may contain control characters. JSON output already escapes them.
              write_stdout(is_json ? std::string(piece) : io::terminal_text(piece));
          });
}

}  // namespace keyferry::cli
