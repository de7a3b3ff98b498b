// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_text.hpp"
#include "planner/report/plan_document.hpp"
#include "planner/report/plan_report.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>

namespace keyferry::planner {

namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;

void write_jobs(const ReviewedPlan& reviewed, const ReportSink& sink) {
    const Plan& plan = reviewed.plan;
    std::string batch = "\nJobs\n";
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        const JobVerdict& verdict = reviewed.review.verdicts[j];
        // The reason already states that the state differs.
        const auto steps = static_cast<std::uint8_t>(verdict.steps & ~sync_enabled);
        fmt::format_to(std::back_inserter(batch),
                       "  {} -> {}  {} ({}{}{})\n",
                       plan.keys[job.key].primary.text(),
                       plan.regions[job.region].name(),
                       name_of(verdict.action),
                       name_of(verdict.reason),
                       steps == 0 ? "" : ": ",
                       steps_text(steps));
        if (batch.size() >= kBatchBytes) {
            sink(batch);
            batch.clear();
        }
    }
    sink(batch);
}

}  // namespace

void write_plan_text(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink) {
    const PlanSummary summary = summarize(reviewed);
    sink(document_text(plan_document(reviewed, provenance, forecast, summary, DocumentLimits{})));
    if (options.list_jobs) {
        write_jobs(reviewed, sink);
    }
}

}  // namespace keyferry::planner
