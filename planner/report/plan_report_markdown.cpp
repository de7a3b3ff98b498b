// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_markdown.hpp"
#include "planner/report/jobs_section.hpp"
#include "planner/report/plan_document.hpp"
#include "planner/report/plan_report.hpp"

#include <cstddef>

namespace keyferry::planner {

void write_plan_markdown(const Plan& plan,
                         const PlanReview& review,
                         const PlanProvenance& provenance,
                         const PlanForecast& forecast,
                         const PlanReportOptions& options,
                         const ReportSink& sink) {
    constexpr std::size_t kJobRowsMax = 100;  // GitHub limits comments to 65,536 characters
    const PlanSummary summary = summarize(plan, review);
    DocumentLimits limits;
    limits.blocked_rows_max = kJobRowsMax;
    ReportDocument document = plan_document(plan, review, provenance, forecast, summary, limits);
    if (options.list_jobs) {
        document.sections.push_back(jobs_section(plan, review, kJobRowsMax));
    }
    sink(document_markdown(document));
}

}  // namespace keyferry::planner
