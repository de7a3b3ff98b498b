// SPDX-License-Identifier: Apache-2.0
#include "io/names/duration_text.hpp"
#include "planner/report/coverage_svg.hpp"
#include "planner/report/document_html.hpp"
#include "planner/report/jobs_section.hpp"
#include "planner/report/plan_charts.hpp"
#include "planner/report/plan_document.hpp"
#include "planner/report/plan_report.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/html_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <string>

namespace keyferry::planner {

namespace {

std::string tile(const std::string& figure, std::string_view what) {
    return fmt::format("<li><b>{}</b><span>{}</span></li>\n", html_text(figure), html_text(what));
}

std::string tiles_html(const ReviewedPlan& reviewed,
                       const PlanSummary& summary,
                       const PlanForecast& forecast) {
    const std::uint64_t creates = summary.actions.of(JobAction::create);
    const std::uint64_t manual =
        summary.actions.of(JobAction::unusable) + summary.actions.of(JobAction::blocked);
    std::string html = "<ul class=\"tiles\">\n" +
                       tile(with_thousands(reviewed.plan.keys.size()), "primary keys") +
                       tile(with_thousands(creates), "replicas to create") +
                       tile(with_thousands(reviewed.plan.regions.size()), "replica Regions") +
                       tile(creates == 0 ? "none" : io::long_duration_text(forecast.seconds),
                            "estimated duration");
    html += tile(usd_text(summary.cost.usd_per_month_added), "added per month");
    if (reviewed.review.is_surveyed) {
        html += tile(with_thousands(summary.actions.of(JobAction::exists)), "replicas exist") +
                tile(with_thousands(manual), "require manual action");
    }
    return html + "</ul>\n";
}

std::string figure_html(const BarChart& chart) {
    return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n",
                       svg_of(chart),
                       html_text(chart.description));
}

std::string coverage_html(const ReviewedPlan& reviewed) {
    const Coverage coverage = coverage_of(reviewed);
    return fmt::format(
        "{}<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Coverage "
        "matrix\">{}</div>"
        "<figcaption>{}</figcaption></figure>\n",
        coverage_legend(coverage),
        coverage_svg(coverage),
        coverage.rows_are == CoverageRows::keys
            ? "One cell per key and Region."
            : fmt::format(
                  "Rows are {}. Each cell shows the most severe action with its count and the "
                  "total number of replicas; the bar below shows the shares of all actions. plan "
                  "--json --list-jobs lists every replica.",
                  name_of(coverage.rows_are)));
}

/// Returns the chart of a section as HTML; empty if it has none.
std::string picture_of(const std::string& section_id,
                       const ReviewedPlan& reviewed,
                       const PlanSummary& summary,
                       const PlanForecast& forecast) {
    std::optional<BarChart> chart;
    if (section_id == "coverage") {
        return coverage_html(reviewed);
    }
    if (section_id == "time") {
        chart = schedule_chart(summary, forecast);
    } else if (section_id == "requests") {
        chart = quota_chart(reviewed.plan, summary, forecast);
    } else if (section_id == "cost") {
        chart = cost_chart(summary.cost);
    }
    return chart ? figure_html(*chart) : "";
}

}  // namespace

void write_plan_html(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink) {
    constexpr std::size_t kJobRowsMax = 500;  // a page of a million rows is unusable
    const PlanSummary summary = summarize(reviewed);
    DocumentLimits limits;
    limits.blocked_rows_max = kJobRowsMax;
    limits.accounts_max = 20;  // their policies are collapsed
    ReportDocument document = plan_document(reviewed, provenance, forecast, summary, limits);
    if (options.list_jobs) {
        document.sections.push_back(jobs_section(reviewed, kJobRowsMax));
    }
    sink(page_head_html(reviewed.plan.fleet_name + " - keyferry plan"));
    sink(action_shapes());
    sink(fmt::format("<header><p class=\"eyebrow\">keyferry plan, {}</p>\n<h1>{}</h1>\n",
                     reviewed.review.is_surveyed ? "surveyed" : "not surveyed",
                     html_text(reviewed.plan.fleet_name)));
    sink(fmt::format("<p class=\"headline\">{}</p>\n{}",
                     html_text(document.headline.front()),
                     facts_html(document)));
    sink(tiles_html(reviewed, summary, forecast));
    sink("</header>\n" + contents_html(document) + "<main>\n");
    for (const ReportSection& section : document.sections) {
        const std::string picture = picture_of(section.id, reviewed, summary, forecast);
        ReportSection shown = section;
        if (section.id == "coverage") {
            shown.blocks.clear();  // the picture shows the same data
        }
        sink(section_html(shown, picture));
    }
    sink("</main>\n</div></body></html>\n");
}

}  // namespace keyferry::planner
