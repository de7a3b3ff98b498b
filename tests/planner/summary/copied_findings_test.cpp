// SPDX-License-Identifier: Apache-2.0
// Findings about values copied from the primaries.
#include "planner/summary/plan_summary.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::optional<Finding> find_unsurveyed(const std::string& code, const Plan& plan) {
    for (const Finding& finding : summarize(unsurveyed(plan)).findings) {
        if (finding.code == code) {
            return finding;
        }
    }
    return std::nullopt;
}

/// A plan to replicate `keys` keys from us-east-1 to eu-west-1, with unknown copied values.
Plan copying_plan(int keys) {
    std::string spec = R"([fleet]
name = "f"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "g"
policy = "copy"
description = "copy"
tags = "copy"
replicate_to = ["eu-west-1"]
keys = [)";
    for (int k = 1; k <= keys; ++k) {
        spec += fmt::format("\"mrk-{:032x}\",", k);
    }
    return plan_of(spec + "]\n");
}

std::string policy_of(const std::string& principal, const std::string& members = "") {
    return R"({"Statement":{"Effect":"Allow","Principal":{"AWS":")" + principal +
           R"("},"Action":"kms:*","Resource":"*")" + members + "}}";
}

const std::string kRootArn = "arn:aws:iam::111122223333:root";
const std::string kViaUsEast =
    R"(,"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}})";

/// Returns such a plan with a policy for each key.
Plan plan_with_policies(const std::vector<std::string>& policies) {
    Plan plan = copying_plan(static_cast<int>(policies.size()));
    KeyContents contents;
    SharedTexts texts;
    for (std::uint32_t key = 0; key < policies.size(); ++key) {
        KeyContent content;
        content.policy = texts.share(policies[key]);
        content.description = "";
        content.tags.emplace();
        contents.emplace(key, std::move(content));
    }
    set_contents(plan, std::move(contents));
    return plan;
}

TEST(CopiedFindings, report_unknown_copied_values_offline) {
    const std::optional<Finding> unknown = find_unsurveyed("copies_not_known", copying_plan(2));
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->severity, FindingSeverity::notice);
    EXPECT_EQ(unknown->affected, 2U);
    EXPECT_THAT(unknown->text, HasSubstr("for 2 replicas (group 'g') are not known yet"));
    EXPECT_THAT(unknown->advice, HasSubstr("without --offline"));
    EXPECT_FALSE(find_unsurveyed("copies_not_known", plan_with_policies({policy_of(kRootArn)})));
}

TEST(CopiedFindings, do_not_report_copied_parts_as_missing) {
    for (const char* code : {"default_policy", "no_tags", "no_description"}) {
        EXPECT_FALSE(find_unsurveyed(code, copying_plan(1))) << code;
    }
    EXPECT_TRUE(find_unsurveyed("default_policy", plan_of(kReportSpec)));
}

TEST(CopiedFindings, report_region_bound_policy_once_with_its_keys) {
    const Plan plan = plan_with_policies({policy_of(kRootArn),
                                          policy_of(kRootArn, kViaUsEast),
                                          policy_of(kRootArn, kViaUsEast),
                                          policy_of(kRootArn, kViaUsEast)});
    const std::optional<Finding> bound = find_unsurveyed("policy_region_bound", plan);
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->affected, 3U);
    EXPECT_THAT(bound->examples,
                ElementsAre("kms:ViaService names us-east-1; copied from 3 keys, including "
                            "mrk-00000000000000000000000000000002"));
    EXPECT_FALSE(find_unsurveyed("account_locked_out", plan));
}

TEST(CopiedFindings, quote_untrusted_policy_text) {
    const std::string members =
        R"(,"Condition":{"StringEquals":{"aws:x\nFindings: 0 errors\u001b[2J":"us-east-1"}})";
    const std::optional<Finding> bound =
        find_unsurveyed("policy_region_bound", plan_with_policies({policy_of(kRootArn, members)}));
    ASSERT_TRUE(bound);
    EXPECT_THAT(bound->examples,
                ElementsAre(StartsWith(
                    "'aws:x\\x0aFindings: 0 errors\\x1b[2J' names us-east-1; copied from")));
}

TEST(CopiedFindings, name_key_whose_policy_locks_out_the_account) {
    const std::optional<Finding> locked = find_unsurveyed(
        "account_locked_out",
        plan_with_policies({policy_of(kRootArn), policy_of("arn:aws:iam::999999999999:root")}));
    ASSERT_TRUE(locked);
    EXPECT_EQ(locked->affected, 1U);
    EXPECT_THAT(locked->examples, ElementsAre("copied from mrk-00000000000000000000000000000002"));
}

TEST(CopiedFindings, report_deleted_principals) {
    const std::string deny =
        R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":")" + kRootArn +
        R"("},"Action":"kms:*","Resource":"*"},{"Effect":"Deny","Principal":{"AWS":)"
        R"(["AROAKSCDLFT9R5DQP782U","arn:aws:iam::111122223333:role/AROAKSCDLFT9R5DQP782U"]},)"
        R"("Action":"kms:Decrypt","Resource":"*"}]})";
    const std::optional<Finding> deleted =
        find_unsurveyed("policy_names_deleted", plan_with_policies({policy_of(kRootArn), deny}));
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->severity, FindingSeverity::error);
    EXPECT_EQ(deleted->affected, 1U);
    EXPECT_THAT(deleted->examples,
                ElementsAre("AROAKSCDLFT9R5DQP782U; copied from "
                            "mrk-00000000000000000000000000000002"));
    EXPECT_FALSE(
        find_unsurveyed("policy_names_deleted", plan_with_policies({policy_of(kRootArn)})));
}

TEST(CopiedReports, name_copied_parts) {
    const ReviewedPlan reviewed = unsurveyed(copying_plan(1));
    const std::string text = written(write_plan_text, reviewed, example_forecast());
    EXPECT_THAT(text, HasSubstr("g         1         1  copy    copy  copy"));
    const boost::json::object report = json_report(reviewed);
    const boost::json::value& group = report.at("groups").at(0);
    EXPECT_EQ(group.at("policy"), "copy");
    EXPECT_EQ(boost::json::serialize(group.at("copied")), R"(["policy","description","tags"])");
}

}  // namespace
}  // namespace keyferry::planner
