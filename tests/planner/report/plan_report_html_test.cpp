// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_charts.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string html_report(const ReviewedPlan& reviewed) {
    return written(write_plan_html, reviewed, example_forecast());
}

TEST(PlanHtml, loads_no_resources_and_runs_no_scripts) {
    const std::string html = html_report(example_plan());
    EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline';"));
    for (const std::string external : {"<script",
                                       "http://",
                                       "https://",
                                       "url(",
                                       "@import",
                                       "src=",
                                       "<link",
                                       "<iframe",
                                       "onload"}) {
        EXPECT_THAT(html, Not(HasSubstr(external)));
    }
}

TEST(PlanHtml, is_complete_page_with_table_of_contents) {
    const std::string html = html_report(example_plan());
    EXPECT_THAT(html, testing::StartsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
    EXPECT_THAT(html, testing::EndsWith("</html>\n"));
    EXPECT_THAT(html, HasSubstr("<title>pay&quot;ments - keyferry plan</title>"));
    for (const std::string id : {"regions", "groups", "requests", "time", "coverage"}) {
        EXPECT_THAT(html, HasSubstr("<a href=\"#" + id + "\">")) << id;
        EXPECT_THAT(html, HasSubstr("<h2 id=\"" + id + "\">")) << id;
    }
}

TEST(PlanHtml, contains_each_picture_once) {
    const std::string html = html_report(example_plan());
    for (const std::string id : {"schedule-t", "quota-use-t", "coverage-t", "shape-blocked"}) {
        const std::string written = " id=\"" + id + "\"";
        const std::size_t first = html.find(written);
        EXPECT_NE(first, std::string::npos) << id;
        EXPECT_EQ(html.find(written, first + 1), std::string::npos) << id;
    }
}

TEST(PlanHtml, states_whether_kms_was_surveyed) {
    EXPECT_THAT(html_report(example_plan()), HasSubstr("keyferry plan, surveyed</p>"));
    EXPECT_THAT(html_report(unsurveyed(plan_of(kReportSpec))),
                HasSubstr("keyferry plan, not surveyed</p>"));
}

TEST(PlanCharts, show_when_each_region_is_active) {
    PlanSummary summary = summarize(unsurveyed(plan_of(kReportSpec)));
    const std::optional<BarChart> chart = schedule_chart(summary, example_forecast());
    ASSERT_TRUE(chart);
    ASSERT_EQ(chart->rows.size(), 2U);
    EXPECT_EQ(chart->rows[1].name, "eu-west-1");
    EXPECT_EQ(chart->rows[1].value, "3 replicas, after 6.0 s");
    EXPECT_DOUBLE_EQ(chart->rows[1].pieces.at(0).from, 0.25 / 6);
    EXPECT_DOUBLE_EQ(chart->rows[1].pieces.at(0).to, 1);
    ASSERT_EQ(chart->marks.size(), 4U);  // 0, 2, 4, 6 s
    EXPECT_EQ(chart->marks[1].text, "2.0 s");
    PlanForecast bound = example_forecast();
    bound.regions.clear();
    EXPECT_FALSE(schedule_chart(summary, bound));
}

TEST(PlanCharts, omit_regions_with_nothing_to_create) {
    const std::optional<BarChart> chart =
        schedule_chart(summarize(example_plan()), example_forecast());
    ASSERT_TRUE(chart);
    ASSERT_EQ(chart->rows.size(), 1U);
    EXPECT_EQ(chart->rows[0].name, "ap-east-1");
}

TEST(PlanCharts, show_quota_use) {
    const Plan plan = plan_of(kReportSpec);
    const std::optional<BarChart> chart =
        quota_chart(plan, summarize(unsurveyed(plan)), example_forecast());
    ASSERT_TRUE(chart);
    EXPECT_EQ(chart->rows[0].name, "CreateKey in eu-west-1");
    EXPECT_EQ(chart->rows[0].value, "20.0 % of 5/s");  // 6 in 6 s
    EXPECT_DOUBLE_EQ(chart->rows[0].pieces.at(0).to, 0.2);
    EXPECT_EQ(chart->rows[0].pieces.at(0).style, "slowest");
    EXPECT_EQ(chart->rows[1].pieces.at(0).style, "run");
    EXPECT_EQ(chart->rows[2].value, "< 0.1 % of 2,000/s");
    EXPECT_EQ(chart->marks[1].text, "share 80 %");
    EXPECT_TRUE(chart->marks[1].is_limit);
}

PlanCost cost_of(double before, double added) {
    PlanCost cost;
    cost.usd_per_month_before = before;
    cost.usd_per_month_added = added;
    return cost;
}

TEST(PlanCharts, show_monthly_cost) {
    const BarChart chart = cost_chart(cost_of(1.5, 4.5));
    EXPECT_EQ(chart.rows[0].value, "$1.50 per month");
    EXPECT_DOUBLE_EQ(chart.rows[1].pieces.at(0).to, 0.25);
    EXPECT_DOUBLE_EQ(chart.rows[1].pieces.at(1).to, 1);
    EXPECT_EQ(cost_chart(cost_of(0, 1234.999)).rows[1].value, "$1,235 per month");
}

TEST(BarChart, positions_elements_by_share_of_width) {
    const std::string svg = svg_of(BarChart{
        "c", "T<", "D", {BarRow{"a&b", "1 s", {{0.25, 0.75, "run"}}}}, {BarMark{0.5, "half"}}});
    EXPECT_THAT(svg, HasSubstr("<title id=\"c-t\">T&lt;</title>"));
    EXPECT_THAT(svg, HasSubstr("x=\"25.00%\" y=\"20\" width=\"50.00%\""));
    EXPECT_THAT(svg, HasSubstr("a&amp;b"));
    EXPECT_THAT(svg, HasSubstr("<line x1=\"50.00%\""));
    EXPECT_THAT(svg, Not(HasSubstr("viewBox")));
}

}  // namespace
}  // namespace keyferry::planner
