// SPDX-License-Identifier: Apache-2.0
#include "planner/report/permissions_section.hpp"

#include "planner/report/document_text.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// kReportSpec with a group for each of `more` additional accounts.
Plan plan_of_accounts(int more) {
    std::string spec = kReportSpec;
    for (int account = 0; account < more; ++account) {
        spec += fmt::format(R"([[group]]
name = "of {0}"
account = "44445555{0:04}"
keys = ["mrk-dddddddddddddddddddddddddddd{0:04}"]
replicate_to = ["eu-west-1"]
policy = "default"
)",
                            account);
    }
    return plan_of(spec);
}

std::string text_of(const Plan& plan, std::size_t accounts_max) {
    ReportDocument document;
    document.sections.push_back(permissions_section(permissions_of(plan), accounts_max));
    return document_text(document);
}

TEST(PermissionsSection, shows_policy_and_checklist_of_each_account) {
    const std::string text = text_of(plan_of_accounts(1), 2);
    EXPECT_THAT(text, HasSubstr("IAM policy for account 111122223333: "));
    EXPECT_THAT(text, HasSubstr(R"(
        "Sid": "Tag4",
        "Effect": "Allow",
        "Action": "kms:TagResource",
)"));
    EXPECT_THAT(text, HasSubstr("IAM policy for account 444455550000: "));
    EXPECT_THAT(text, HasSubstr(R"(
  Service control policies that apply to account 444455550000 (check manually):
  [ ] aws:RequestedRegion: must not deny kms:ReplicateKey and kms:DescribeKey in us-east-1, or
      kms:CreateKey and kms:DescribeKey in eu-west-1
)"));
    EXPECT_THAT(text, Not(HasSubstr("more account")));
}

TEST(PermissionsSection, counts_omitted_accounts) {
    const std::string text = text_of(plan_of_accounts(3), 2);
    EXPECT_THAT(text, HasSubstr("for account 444455550000"));
    EXPECT_THAT(text, Not(HasSubstr("for account 444455550001")));
    EXPECT_THAT(text,
                HasSubstr("\n  ... and 2 more accounts, in the JSON report. keyferry permissions "
                          "--account shows one account.\n"));
}

TEST(PermissionsSection, states_that_all_parts_of_a_split_policy_are_needed) {
    const AccountPermissions split{*io::AccountId::parse("111122223333"), {"{}\n", "{ }\n"}, {}};
    ReportDocument document;
    document.sections.push_back(permissions_section({split}, 1));
    const std::string text = document_text(document);
    EXPECT_THAT(text, HasSubstr("an account with several policies\n  needs all of them"));
    EXPECT_THAT(text, HasSubstr("IAM policy 2 of 2 for account 111122223333: 2 of 6,144"));
}

TEST(PermissionsSection, appears_in_every_report_format) {
    const ReviewedPlan reviewed = unsurveyed(plan_of(kReportSpec));
    EXPECT_THAT(written(write_plan_text, reviewed, example_forecast()),
                HasSubstr("\nPermissions (least privilege for plan and run)\n"));
    EXPECT_THAT(written(write_plan_markdown, reviewed, example_forecast()),
                AllOf(HasSubstr("\n## Permissions (least privilege for plan and run)\n"),
                      HasSubstr(" characters</summary>\n\n```json\n{\n  \"Version\""),
                      HasSubstr("\n}\n```\n\n</details>\n"),
                      HasSubstr("\n- [ ] kms:MultiRegion: must not deny kms:CreateKey when")));
    EXPECT_THAT(written(write_plan_html, reviewed, example_forecast()),
                AllOf(HasSubstr("<a href=\"#permissions\">Permissions</a>"),
                      HasSubstr("</summary><pre><code>{\n  &quot;Version&quot;: &quot;2012-"),
                      HasSubstr("<input type=\"checkbox\"><span>kms:MultiRegion: must not deny")));
    const boost::json::object report = json_report(reviewed);
    const boost::json::value& of_account = report.at("permissions").as_array().at(0);
    EXPECT_EQ(of_account.at("account"), "111122223333");
    EXPECT_EQ(of_account.at("policies").at(0).at("Version"), "2012-10-17");
    EXPECT_EQ(of_account.at("scp_checklist").as_array().size(), 7U);
}

}  // namespace
}  // namespace keyferry::planner
