// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/plan_forecast.hpp"

#include <functional>
#include <string_view>

namespace keyferry::planner {

/// Receives a report in pieces, in order. This way, the report of a million jobs is never in memory
/// as a single string.
using ReportSink = std::function<void(std::string_view piece)>;

struct PlanReportOptions {
    /// Also list every job with its action and reason. Text and JSON have one line per job.
    /// Markdown and HTML combine the jobs of a key in one row, and count the rows beyond a limit.
    bool list_jobs = false;
};

// The plan report in each format. `forecast` must be the forecast for the jobs to create.

/// Plain text for a terminal: what was planned when and by whom, the findings, what will be created
/// and with which parameters, the load on quotas, the duration, and how to undo a run. At most 100
/// columns, except for listed jobs. Ends with a line feed.
void write_plan_text(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

/// GitHub-flavored Markdown for a pull request or a ticket.
void write_plan_markdown(const ReviewedPlan& reviewed,
                         const PlanProvenance& provenance,
                         const PlanForecast& forecast,
                         const PlanReportOptions& options,
                         const ReportSink& sink);

/// A self-contained HTML page with charts, for a browser or a printer.
void write_plan_html(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

/// JSON for programs: one object, whose members PLAN_REPORT.md describes.
void write_plan_json(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

}  // namespace keyferry::planner
