// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_markdown.hpp"
#include "planner/report/jobs_section.hpp"
#include "planner/report/plan_document.hpp"
#include "planner/report/plan_report.hpp"

#include <cstddef>

namespace keyferry::planner {

void write_plan_markdown(const ReviewedPlan& reviewed,
                         const PlanProvenance& provenance,
                         const PlanForecast& forecast,
                         const PlanReportOptions& options,
                         const ReportSink& sink) {
    constexpr std::size_t kJobRowsMax = 100;  // GitHub limits comments to 65,536 characters
    const PlanSummary summary = summarize(reviewed);
    DocumentLimits limits;
    limits.blocked_rows_max = kJobRowsMax;
    ReportDocument document = plan_document(reviewed, provenance, forecast, summary, limits);
    if (options.list_jobs) {
        document.sections.push_back(jobs_section(reviewed, kJobRowsMax));
    }
    sink(document_markdown(document));
}

}  // namespace keyferry::planner
