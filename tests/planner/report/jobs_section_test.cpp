// SPDX-License-Identifier: Apache-2.0
#include "planner/report/jobs_section.hpp"

#include "planner/report/document_markdown.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string markdown_of(const ReviewedPlan& reviewed, std::size_t rows_max) {
    ReportDocument document;
    document.sections.push_back(jobs_section(reviewed, rows_max));
    return document_markdown(document);
}

TEST(JobsSection, lists_manual_actions_first) {
    EXPECT_THAT(markdown_of(example_plan(), 10), HasSubstr(R"(## Jobs

| primary | action | reason | Regions |
| --- | --- | --- | --- |
| arn:aws:kms:us-east-1:111122223333:key/mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb | unusable | pending deletion | ap-east-1 |
| arn:aws:kms:us-east-1:111122223333:key/mrk-cccccccccccccccccccccccccccccccc | blocked | primary disabled | eu-west-1 |
| arn:aws:kms:us-east-1:111122223333:key/mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb | sync | differs: policy, tags | eu-west-1 |
| arn:aws:kms:us-east-1:111122223333:key/mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | create | absent | ap-east-1 |
| arn:aws:kms:us-east-1:111122223333:key/mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | exists | ready | eu-west-1 |
)"));
}

TEST(JobsSection, groups_replicas_of_a_key_with_same_reason) {
    const std::string text = markdown_of(unsurveyed(plan_of(kReportSpec)), 10);
    EXPECT_THAT(text,
                HasSubstr("mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | create | not surveyed | "
                          "ap-east-1, eu-west-1 |\n"));
    EXPECT_THAT(text, Not(HasSubstr("more")));
}

TEST(JobsSection, counts_omitted_rows_and_points_to_json) {
    const std::string text = markdown_of(example_plan(), 2);
    EXPECT_THAT(text, HasSubstr("\n... and 3 more, in the JSON report.\n"));
    EXPECT_THAT(
        text, HasSubstr("For one line per replica, use --list-jobs with the text or JSON format."));
    EXPECT_THAT(text, Not(HasSubstr("sync")));
}

TEST(JobsSection, is_included_on_request) {
    for (const auto write : {write_plan_html, write_plan_markdown}) {
        EXPECT_THAT(written(write, example_plan(), example_forecast()), Not(HasSubstr("Jobs")));
        EXPECT_THAT(written(write, example_plan(), example_forecast(), true), HasSubstr("Jobs"));
    }
}

}  // namespace
}  // namespace keyferry::planner
