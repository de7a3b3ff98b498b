// SPDX-License-Identifier: Apache-2.0
// Coverage of Regions by keys: as a value, a table and a picture.
#include "planner/summary/coverage.hpp"

#include "planner/report/coverage_section.hpp"
#include "planner/report/coverage_svg.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <variant>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

JobVerdict verdict_of(ActionReason reason) {
    return JobVerdict{action_of(reason), reason, 0};
}

/// A plan for `groups` groups of `keys` keys each, replicated to two Regions.
Plan plan_with_groups(int groups, int keys) {
    std::string spec = R"([fleet]
name = "large"
account = "111122223333"
primary = "us-east-1"
)";
    for (int g = 0; g < groups; ++g) {
        spec += fmt::format("[[group]]\nname = \"g{}\"\npolicy = \"default\"\nkeys = [", g);
        for (int k = 0; k < keys; ++k) {
            spec += fmt::format("\"mrk-{:032x}\",", g * keys + k);
        }
        spec += "]\nreplicate_to = [\"eu-west-1\", \"eu-central-1\"]\n";
    }
    return plan_of(spec);
}

ReportTable words_of(const ReviewedPlan& reviewed) {
    return std::get<ReportTable>(coverage_section(coverage_of(reviewed)).blocks.at(0));
}

TEST(Coverage, has_one_row_per_key_in_small_fleet) {
    const ReportTable table = words_of(example_plan());
    ASSERT_EQ(table.rows.size(), 3U);
    EXPECT_EQ(table.columns.at(1).title, "ap-east-1");
    EXPECT_THAT(
        table.rows.at(1),
        ElementsAre(
            "mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "unusable", "sync, extra", "primary", "-"));
    EXPECT_THAT(
        table.rows.at(2),
        ElementsAre("mrk-cccccccccccccccccccccccccccccccc", "-", "blocked", "primary", "extra"));
}

TEST(Coverage, counts_by_group_in_larger_fleet) {
    EXPECT_EQ(coverage_of(unsurveyed(plan_with_groups(2, 20))).rows_are, CoverageRows::keys);
    ReviewedPlan reviewed = unsurveyed(plan_with_groups(2, 21));
    reviewed.review.verdicts.at(0) = verdict_of(ActionReason::ready);
    const ReportTable table = words_of(reviewed);
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_THAT(table.rows.at(0),
                ElementsAre("g0", "20 create, 1 exists", "21 create", "21 primary"));
}

TEST(Coverage, counts_by_primary_region_with_many_groups) {
    const ReportTable table = words_of(unsurveyed(plan_with_groups(41, 2)));
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_THAT(table.rows.at(0), ElementsAre("us-east-1", "82 create", "82 create", "82 primary"));
}

TEST(Coverage, has_column_for_replicas_not_in_spec) {
    EXPECT_EQ(words_of(example_plan()).columns.back().title, "us-west-2");
    EXPECT_EQ(words_of(unsurveyed(plan_of(kReportSpec))).columns.back().title, "us-east-1");
}

TEST(CoveragePicture, distinguishes_actions_by_colour_and_shape) {
    const std::string svg = coverage_svg(coverage_of(example_plan()));
    for (const std::string action :
         {"create", "exists", "sync", "unusable", "blocked", "primary", "extra"}) {
        EXPECT_THAT(svg, HasSubstr("class=\"" + action + "\"")) << action;
        EXPECT_THAT(svg, HasSubstr("href=\"#shape-" + action + "\"")) << action;
        EXPECT_THAT(action_shapes(), HasSubstr("id=\"shape-" + action + "\"")) << action;
    }
}

TEST(CoveragePicture, shows_most_severe_action_and_its_count) {
    ReviewedPlan reviewed = unsurveyed(plan_with_groups(1, 50));
    reviewed.review.verdicts.at(0) = verdict_of(ActionReason::disabled);  // one of the 50 keys in
                                                                          // eu-central-1
    const std::string svg = coverage_svg(coverage_of(reviewed));
    EXPECT_THAT(svg, HasSubstr("<title>eu-central-1 / g0: 1 unusable, 49 create</title>"));
    EXPECT_THAT(svg, HasSubstr("class=\"pale unusable\""));
    EXPECT_THAT(svg, HasSubstr(">1</text>"));
    EXPECT_THAT(svg, HasSubstr(">of 50</text>"));
}

TEST(CoveragePicture, escapes_names) {
    const std::string spec = R"([fleet]
name = "f"
account = "111122223333"
primary = "us-east-1"
)";
    std::string keys;
    for (int k = 0; k < 41; ++k) {
        keys += fmt::format("\"mrk-{:032x}\",", k);
    }
    const Plan plan =
        plan_of(spec + "[[group]]\nname = \"<script>'&\\\"\"\npolicy = \"default\"\nkeys = [" +
                keys + "]\nreplicate_to = [\"eu-west-1\"]\n");
    const std::string svg = coverage_svg(coverage_of(unsurveyed(plan)));
    EXPECT_THAT(svg, Not(HasSubstr("<script>")));
    EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&#39;&amp;&quot;"));
}

}  // namespace
}  // namespace keyferry::planner
