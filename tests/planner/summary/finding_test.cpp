// SPDX-License-Identifier: Apache-2.0
// Findings of a plan report.
#include "planner/summary/finding.hpp"

#include "planner/summary/plan_summary.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <optional>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::optional<Finding> find(const std::string& code, const ReviewedPlan& reviewed) {
    for (const Finding& finding : summarize(reviewed).findings) {
        if (finding.code == code) {
            return finding;
        }
    }
    return std::nullopt;
}

std::optional<Finding> find(const std::string& code, const std::string& spec) {
    return find(code, unsurveyed(plan_of(spec)));
}

/// One key of us-east-1 with replicas in eu-west-1 and us-west-2, and this policy.
std::string spec_with(const std::string& policy) {
    std::string spec = group_with(policy + "\ntags = { a = \"b\" }\ndescription = \"d\"\n");
    return spec.replace(spec.find("\"eu-west-1\""), 11, "\"eu-west-1\", \"us-west-2\"");
}

std::string inline_policy(const std::string& principal, const std::string& members = "") {
    return R"(policy = { inline = '{"Statement":{"Effect":"Allow","Principal":{"AWS":")" +
           principal + R"("},"Action":"kms:*","Resource":"*")" + members + "}}' }";
}

const std::string kRoot = "arn:aws:iam::111122223333:root";

TEST(Findings, are_few_for_a_complete_spec) {
    const std::vector<Finding> findings =
        summarize(unsurveyed(plan_of(spec_with(inline_policy(kRoot))))).findings;
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].code, "no_aliases");
    EXPECT_EQ(findings[0].severity, FindingSeverity::notice);
    EXPECT_EQ(findings[0].affected, 2U);
}

TEST(Findings, count_replicas_without_parameters) {
    const std::optional<Finding> policy = find("default_policy", kReportSpec);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->affected, 4U);
    EXPECT_THAT(policy->text, HasSubstr("for 4 replicas (group 'cards')"));
    EXPECT_EQ(find("no_tags", kReportSpec)->affected, 4U);
    EXPECT_EQ(find("no_description", kReportSpec)->affected, 4U);
    EXPECT_EQ(find("no_aliases", kReportSpec)->affected, 5U);
    EXPECT_FALSE(find("policy_check_bypassed", kReportSpec));
    EXPECT_EQ(find("policy_check_bypassed",
                   spec_with(inline_policy(kRoot) + "\nbypass_policy_lockout_safety_check = true"))
                  ->affected,
              2U);
}

TEST(Findings, report_policies_that_lock_out_the_account) {
    const std::optional<Finding> locked =
        find("account_locked_out", spec_with(inline_policy("arn:aws:iam::999999999999:root")));
    ASSERT_TRUE(locked);
    EXPECT_EQ(locked->severity, FindingSeverity::error);
    EXPECT_EQ(locked->affected, 2U);
    EXPECT_FALSE(find("account_locked_out", spec_with(inline_policy(kRoot))));
}

TEST(Findings, report_policies_that_name_other_regions) {
    const std::string condition =
        R"(,"Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}})";
    const std::optional<Finding> bound =
        find("policy_region_bound", spec_with(inline_policy(kRoot, condition)));
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->affected, 1U);  // us-west-2; the one in eu-west-1 matches
    EXPECT_THAT(bound->examples, ElementsAre("kms:ViaService names eu-west-1"));
}

TEST(Findings, report_replicas_that_cannot_be_promoted) {
    const std::string spec =
        spec_with(R"(policy = { inline = '{"Statement":{"Effect":"Allow","Principal":"*",)"
                  R"("Action":"kms:PutKeyPolicy","Resource":"*"}}' })");
    EXPECT_EQ(find("promotion_not_allowed", spec)->severity, FindingSeverity::notice);
    EXPECT_FALSE(find("promotion_not_allowed", spec_with(inline_policy(kRoot))));
}

TEST(Findings, report_opt_in_regions) {
    EXPECT_THAT(find("opt_in_regions", kReportSpec)->text,
                HasSubstr("ap-east-1: the account must opt in to this Region"));
}

TEST(Findings, report_opt_in_regions_by_known_account_settings) {
    ReviewedPlan reviewed = unsurveyed(plan_of(kReportSpec));
    reviewed.review.regions_enabled["ap-east-1"] = true;
    EXPECT_FALSE(find("opt_in_regions", reviewed));
    EXPECT_FALSE(find("regions_not_enabled", reviewed));
    reviewed.review.regions_enabled["ap-east-1"] = false;
    const std::optional<Finding> disabled = find("regions_not_enabled", reviewed);
    ASSERT_TRUE(disabled);
    EXPECT_EQ(disabled->severity, FindingSeverity::error);
    EXPECT_THAT(disabled->text, HasSubstr("ap-east-1: the account has not enabled this Region"));
}

TEST(Findings, report_replicas_that_will_not_be_created) {
    const ReviewedPlan reviewed = example_plan();
    const std::optional<Finding> unusable = find("unusable_pending_deletion", reviewed);
    ASSERT_TRUE(unusable);
    EXPECT_EQ(unusable->severity, FindingSeverity::error);
    EXPECT_EQ(unusable->advice, advice_on(ActionReason::pending_deletion));
    EXPECT_THAT(unusable->examples,
                ElementsAre("arn:aws:kms:ap-east-1:111122223333:key/"
                            "mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (deletion date 2026-12-01)"));
    EXPECT_EQ(find("blocked_primary_disabled", reviewed)->affected, 1U);
    EXPECT_EQ(find("sync_differs", reviewed)->severity, FindingSeverity::warning);
    EXPECT_EQ(find("extra_replicas", reviewed)->affected, 2U);
    EXPECT_FALSE(find("create_absent", reviewed));
    EXPECT_FALSE(find("exists_ready", reviewed));
}

TEST(Findings, report_new_region_of_moved_primary) {
    ReviewedPlan reviewed = unsurveyed(plan_of(kReportSpec));
    reviewed.review.verdicts[0] = {JobAction::blocked, ActionReason::primary_moved, 0};
    reviewed.review.verdicts[1] = reviewed.review.verdicts[0];
    reviewed.review.moved_to[0] = "eu-west-1";
    const std::optional<Finding> moved = find("blocked_primary_moved", reviewed);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->affected, 2U);
    EXPECT_THAT(moved->examples,
                ElementsAre(HasSubstr("aaaa (primary now in eu-west-1)")));  // once
}

TEST(Findings, cover_only_replicas_to_create) {
    ReviewedPlan reviewed =
        unsurveyed(plan_of(spec_with(inline_policy("arn:aws:iam::999999999999:root"))));
    reviewed.review.verdicts.assign(2, {JobAction::exists, ActionReason::ready, 0});
    EXPECT_TRUE(summarize(reviewed).findings.empty());
}

TEST(Findings, list_errors_first) {
    const std::vector<Finding> findings = summarize(example_plan()).findings;
    EXPECT_TRUE(std::is_sorted(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
        return a.severity < b.severity;
    }));
    EXPECT_THAT(count_findings(findings), ElementsAre(2, 4, 3));
}

/// The findings of a plan that creates `to_create` keys in one account and Region.
std::vector<Finding> findings_with_keys(std::uint64_t to_create) {
    const ReviewedPlan reviewed = unsurveyed(plan_of(group_with(kPolicyLine)));
    PlanSummary summary = summarize(reviewed);
    summary.key_quotas.at(0).to_create = to_create;
    std::vector<Finding> findings;
    add_review_findings(reviewed, summary, findings);
    return findings;
}

TEST(Findings, report_key_quota_usage) {
    EXPECT_TRUE(findings_with_keys(80'000).empty());
    EXPECT_EQ(findings_with_keys(80'001).at(0).code, "key_quota_nearly_used");
    EXPECT_EQ(findings_with_keys(100'000).at(0).code, "key_quota_nearly_used");
    const Finding exceeded = findings_with_keys(100'001).at(0);
    EXPECT_EQ(exceeded.code, "key_quota_exceeded");
    EXPECT_THAT(exceeded.examples, ElementsAre("eu-west-1 in account 111122223333: 100,001 keys"));
}

TEST(KeyQuotaUsage, counts_primaries_and_existing_replicas) {
    std::string spec = kReportSpec;
    spec += R"([[group]]
name = "home"
primary = "eu-west-1"
keys = ["mrk-dddddddddddddddddddddddddddddddd"]
replicate_to = ["us-east-1"]
policy = "default"
)";
    ReviewedPlan reviewed = unsurveyed(plan_of(spec));
    const Plan& plan = reviewed.plan;
    const auto usage_in = [&](const std::string& region) {
        for (const KeyQuotaUsage& usage : key_quota_usage(reviewed)) {
            if (usage.place.region.name() == region) {
                return fmt::format("{} known, {} to create", usage.known, usage.to_create);
            }
        }
        return std::string("no entry");
    };
    EXPECT_EQ(usage_in("eu-west-1"), "1 known, 3 to create");
    EXPECT_EQ(usage_in("us-east-1"), "3 known, 1 to create");
    // An existing replica counts in any state; a replica blocked by its primary does not.
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        if (plan.regions[plan.jobs[j].region].name() == "eu-west-1") {
            reviewed.review.verdicts[j] = {JobAction::unusable, ActionReason::pending_deletion, 0};
            break;
        }
    }
    EXPECT_EQ(usage_in("eu-west-1"), "2 known, 2 to create");
}

TEST(Findings, are_selected_by_severity_and_subject) {
    Finding error{FindingSeverity::error, "blocked_primary_absent", "", "", 0, {}};
    Finding warning{FindingSeverity::warning, "default_policy", "", "", 0, {}};
    Finding notice{FindingSeverity::notice, "extra_replicas", "", "", 0, {}};
    const std::vector<Finding> all{error, warning, notice};
    EXPECT_EQ(findings_from(FindingSeverity::error, all).size(), 1U);
    EXPECT_EQ(findings_from(FindingSeverity::warning, all).size(), 2U);
    EXPECT_EQ(findings_from(FindingSeverity::notice, all).size(), 3U);
    EXPECT_TRUE(is_about_replica_states(error));
    EXPECT_FALSE(is_about_replica_states(warning));
    EXPECT_EQ(finding_severity_named("warning"), FindingSeverity::warning);
    EXPECT_EQ(finding_severity_named("never"), std::nullopt);
}

}  // namespace
}  // namespace keyferry::planner
