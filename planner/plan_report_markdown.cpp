#include "planner/document_markdown.hpp"
#include "planner/plan_document.hpp"
#include "planner/plan_report.hpp"

namespace keyferry {

void write_plan_markdown(const Plan& plan,
                         const PlanReview& review,
                         const PlanForecast& forecast,
                         const PlanReportOptions& options,
                         const ReportSink& sink) {
    static_cast<void>(options);  // lists of jobs are for text and JSON
    const PlanSummary summary = summarize(plan, review);
    sink(document_markdown(plan_document(plan, review, forecast, summary, DocumentLimits{})));
}

}  // namespace keyferry
