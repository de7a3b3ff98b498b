// SPDX-License-Identifier: Apache-2.0
// What a report contains for those who approve a plan: its head, its policies, the keys that are
// blocked, and how to undo it.
#include "planner/report/plan_facts.hpp"

#include "planner/report/blocked_section.hpp"
#include "planner/report/document_text.hpp"
#include "planner/summary/policy_digests.hpp"
#include "planner/summary/undo_advice.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string head(const PlanProvenance& provenance,
                 const ReviewedPlan& reviewed = example_plan(),
                 std::size_t callers_max = 3) {
    std::string text;
    for (const ReportFact& fact : plan_facts(reviewed, provenance, callers_max)) {
        text += fact.name + ": " + fact.value + "\n";
    }
    return text;
}

TEST(PlanFacts, name_plan_time_caller_and_spec) {
    const std::string sha256 = plan_of(kReportSpec).sha256;
    EXPECT_EQ(head(example_provenance()),
              "plan sha256: " + sha256 +
                  "\nmade: 2026-11-24T18:00:00.000Z by keyferry test\n"
                  "caller: arn:aws:sts::111122223333:assumed-role/keyferry/ci\n"
                  "spec: fleet.toml\nspec sha256: " +
                  sha256 + "\n");
}

TEST(PlanFacts, name_the_whole_of_a_part) {
    PlanProvenance part = example_provenance();
    part.filter = "--region 'eu-*'";
    part.whole_sha256 = std::string(64, 'a');
    EXPECT_THAT(head(part),
                HasSubstr("part of: " + part.whole_sha256 + "\nfilter: --region 'eu-*'\n"));
    EXPECT_EQ(boost::json::serialize(provenance_object(part).at("part_of")),
              R"({"filter":"--region 'eu-*'","sha256":")" + part.whole_sha256 + "\"}");
    part.whole_sha256.clear();
    EXPECT_THAT(head(part), HasSubstr("part of: a plan whose other keys were not searched\n"));
    EXPECT_EQ(boost::json::serialize(provenance_object(part).at("part_of")),
              R"({"filter":"--region 'eu-*'","sha256":null})");
    EXPECT_TRUE(provenance_object(example_provenance()).at("part_of").is_null());
}

TEST(PlanFacts, count_omitted_and_unknown_callers) {
    PlanProvenance provenance = example_provenance();
    provenance.callers.emplace(*io::AccountId::parse("999999999999"), "arn:aws:iam::9:user/b");
    EXPECT_THAT(head(provenance, example_plan(), 1),
                HasSubstr("role/keyferry/ci\ncaller: ... and 1 more, in the JSON report\n"));
    provenance.callers.clear();
    EXPECT_THAT(head(provenance), HasSubstr("caller: unknown for account 111122223333\n"));
    EXPECT_THAT(head(provenance, unsurveyed(plan_of(kReportSpec))),
                HasSubstr("caller: none: offline, without calls to KMS\n"));
}

TEST(PlanFacts, stay_on_one_line_each) {
    PlanProvenance forged = example_provenance();
    forged.spec = "fleet.toml\n  plan sha256  0000";
    const std::string text =
        written(write_plan_text, example_plan(), PlanForecast(), false, forged);
    EXPECT_THAT(text, HasSubstr("  spec         fleet.toml\\x0a  plan sha256  0000\n"));
}

TEST(PolicyDigests, name_policies_of_spec_by_digest) {
    const std::vector<PolicyDigest> texts = policy_digests(plan_of(kReportSpec));
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].group, 1U);
    EXPECT_EQ(texts[0].bytes, 75U);
    EXPECT_EQ(texts[0].keys, 1U);
    // printf '%s' '{"Statement":...}' | sha256sum
    EXPECT_EQ(texts[0].sha256, "e16c454c87b9654660e8db4623ea2565e2f9d2472683da8f199e575660215de4");
    EXPECT_THAT(written(write_plan_text, example_plan(), example_forecast()),
                HasSubstr("\n  policy of group  sha256" + std::string(60, ' ') +
                          "bytes  keys\n"
                          "  orders           " +
                          texts[0].sha256 + "     75     1\n"));
}

TEST(PolicyDigests, count_keys_of_each_copied_policy) {
    std::string spec = kReportSpec;
    spec.replace(spec.find("policy = \"default\""), 18, "policy = \"copy\"");
    Plan plan = plan_of(spec);
    EXPECT_EQ(policy_digests(plan).size(), 1U) << "no policy has been read";
    KeyContents contents;
    for (const std::uint32_t key : {0U, 1U}) {  // equal texts, not shared
        contents[key].policy = std::make_shared<const std::string>("{}");
    }
    set_contents(plan, contents);
    ASSERT_EQ(policy_digests(plan).size(), 2U);
    EXPECT_EQ(policy_digests(plan)[0].keys, 2U);
    EXPECT_EQ(policy_digests(plan)[0].sha256,
              "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    const boost::json::object report = json_report(unsurveyed(plan));
    EXPECT_EQ(boost::json::serialize(report.at("policies").at(0)),
              R"({"group":"cards","sha256":")" + policy_digests(plan)[0].sha256 +
                  R"(","bytes":2,"keys":2})");
}

TEST(BlockedSection, lists_each_key_and_reason) {
    const ReportSection section = blocked_section(example_plan(), 5);
    EXPECT_EQ(section.title, "Blocked or unusable (2 replicas)");
    const auto& table = std::get<ReportTable>(section.blocks.at(0));
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_THAT(table.rows[0],
                ElementsAre("mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                            "111122223333",
                            "us-east-1",
                            "pending deletion",
                            "ap-east-1"));
    const boost::json::object report = json_report(example_plan());
    EXPECT_EQ(boost::json::serialize(report.at("blocked").at(1)),
              R"({"primary":"arn:aws:kms:us-east-1:111122223333:key/)"
              R"(mrk-cccccccccccccccccccccccccccccccc","action":"blocked",)"
              R"("reason":"primary disabled","regions":["eu-west-1"]})");
    EXPECT_EQ(report.at("blocked_omitted"), 0);
}

TEST(BlockedSection, counts_omitted_keys) {
    ReviewedPlan reviewed = example_plan();
    for (const JobIndex job : {JobIndex(0), JobIndex(1)}) {  // one key, two Regions
        reviewed.review.verdicts[job] =
            JobVerdict{JobAction::exists, ActionReason::pending_import, 0};
    }
    ReportDocument document;
    document.sections.push_back(blocked_section(reviewed, 1));
    EXPECT_EQ(document.sections[0].title, "Blocked or unusable (4 replicas)");
    const std::string text = document_text(document);
    EXPECT_THAT(
        text,
        HasSubstr("replicas in\n  mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  ap-east-1, eu-west-1\n"));
    EXPECT_THAT(text, HasSubstr("  ... and 2 more (--list-jobs)\n"));
    EXPECT_TRUE(blocked_section(unsurveyed(plan_of(kReportSpec)), 5).blocks.empty());
}

TEST(UndoAdvice, is_about_the_actions_of_the_plan) {
    ActionCounts counts;
    EXPECT_THAT(undo_advice(counts), ElementsAre(HasSubstr("nothing to undo")));
    counts.count(JobAction::create);
    EXPECT_THAT(undo_advice(counts),
                ElementsAre(testing::AllOf(HasSubstr("creates up to 1 replica"),
                                           HasSubstr("ScheduleKeyDeletion"),
                                           HasSubstr("7 to 30 days")),
                            HasSubstr("cannot be deleted while it has replicas")));
    counts.count(JobAction::sync);
    EXPECT_THAT(undo_advice(counts).back(), HasSubstr("keyferry sync --undo JOURNAL"));
}

TEST(PlanReport, begins_with_findings) {
    for (const auto write : {write_plan_text, write_plan_markdown, write_plan_html}) {
        const std::string text = written(write, example_plan(), example_forecast());
        const std::size_t findings = text.rfind("Findings: ");
        EXPECT_LT(findings, text.rfind("Cost ("));
        EXPECT_LT(findings, text.rfind("Current state in KMS"));
        EXPECT_THAT(text, HasSubstr("How to undo"));
    }
}

}  // namespace
}  // namespace keyferry::planner
