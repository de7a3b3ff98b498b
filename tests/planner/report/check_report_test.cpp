// SPDX-License-Identifier: Apache-2.0
// The report of `keyferry check` as text and JSON.
#include "planner/report/check_report.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Twelve keys with a replica each in eu-west-1 and us-west-2.
class CheckReport : public testing::Test {
  protected:
    CheckReport() {
        std::string keys;
        for (int k = 10; k < 22; ++k) {
            keys += "\"mrk-000000000000000000000000000000" + std::to_string(k) + "\", ";
        }
        std::string spec = group_with(kPolicyLine);
        spec.replace(spec.find("\"mrk-1234abcd12ab34cd56ef1234567890ab\""), 38, keys);
        spec.replace(spec.find("\"eu-west-1\""), 11, "\"eu-west-1\", \"us-west-2\"");
        reviewed.plan = plan_of(spec);
        reviewed.review = unsurveyed_review(plan);
        statuses.assign(plan.jobs.size(), ReplicaStatus::as_specified);
    }

    void set(JobIndex job, ReplicaStatus status, ActionReason reason) {
        statuses.at(job) = status;
        review.verdicts.at(job) = JobVerdict{action_of(reason), reason, 0};
    }

    std::string text() const {
        return check_report_text(reviewed, summarize_check(reviewed, statuses, unchecked), nullptr);
    }

    boost::json::object json() const {
        return boost::json::parse(check_report_json(reviewed,
                                                    provenance,
                                                    summarize_check(reviewed, statuses, unchecked),
                                                    nullptr))
            .as_object();
    }

    ReviewedPlan reviewed;
    Plan& plan = reviewed.plan;
    PlanReview& review = reviewed.review;
    std::vector<ReplicaStatus> statuses;
    UncheckedKeyCounts unchecked;
    PlanProvenance provenance;
};

TEST_F(CheckReport, is_one_sentence_for_a_complete_fleet) {
    EXPECT_EQ(text(), "All 24 replicas exist, are usable and match the spec.\n");
    EXPECT_EQ(json().at("verdict"), "complete");
    provenance.made = "2026-11-24T18:00:00.000Z";
    EXPECT_EQ(json().at("provenance").at("made").as_string(), provenance.made);
    EXPECT_FALSE(json().contains("findings"));
}

TEST_F(CheckReport, mentions_keys_that_could_not_be_checked) {
    unchecked = {2, 1};
    EXPECT_THAT(text(), HasSubstr("3 multi-Region keys that groups may select could not be"));
    EXPECT_EQ(json().at("unchecked_keys").at("denied"), 2);
}

TEST_F(CheckReport, names_groups_without_keys) {
    ReplicaCheck check = summarize_check(reviewed, statuses, unchecked);
    check.empty_groups = {"cards"};
    EXPECT_EQ(check.verdict(), CheckVerdict::gaps);
    EXPECT_THAT(check_report_text(reviewed, check, nullptr),
                HasSubstr("No keys are selected by group 'cards'."));
    const io::AccountRegion home = primary_location(plan, plan.jobs.at(0));
    plan.selections = {Selection{plan.groups.at(0).name, home, {}, false, false, true}};
    EXPECT_TRUE(groups_without_keys(plan).empty());
    plan.selections[0].group = "cards";
    EXPECT_EQ(groups_without_keys(plan), std::vector<std::string>{"cards"});
}

TEST_F(CheckReport, groups_problems_by_reason_and_region) {
    for (JobIndex job = 0; job < 24; ++job) {
        set(job, ReplicaStatus::missing, ActionReason::absent);
    }
    set(1, ReplicaStatus::differs, ActionReason::differs);
    review.verdicts[1].steps = sync_policy | sync_tags;
    set(3, ReplicaStatus::blocked, ActionReason::primary_disabled);
    const std::string report = text();
    EXPECT_THAT(report, StartsWith("0 of 24 replicas exist, are usable and match the spec.\n"));
    EXPECT_THAT(report, HasSubstr("missing                     eu-west-1        12\n"));
    EXPECT_THAT(report, HasSubstr("us-west-2        10\n"));
    EXPECT_THAT(report, HasSubstr("blocked (primary disabled): 1 replica\n"));
    EXPECT_THAT(report, HasSubstr("    us-west-2 (policy, tags)\n"));
    EXPECT_THAT(report, HasSubstr("  and 2 more keys\n"));
    const std::size_t first = report.find("keyferry run to create");
    EXPECT_EQ(report.find("keyferry run to create", first + 1), std::string::npos)
        << "advice is given once";
}

TEST_F(CheckReport, lists_all_affected_replicas_in_json) {
    for (JobIndex job = 0; job < 24; ++job) {
        set(job, ReplicaStatus::unusable, ActionReason::disabled);
    }
    set(0, ReplicaStatus::unusable, ActionReason::pending_deletion);
    review.deletion_dates_s[0] = 1'796'083'200;
    const boost::json::object report = json();
    EXPECT_EQ(report.at("verdict"), "gaps");
    const boost::json::array& problems = report.at("problems").as_array();
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].at("affected").as_array().size(), 23U);
    EXPECT_EQ(problems[0].at("regions").as_array().size(), 2U);
    EXPECT_EQ(problems[1].at("affected").at(0).at("deletion_date_s"), 1'796'083'200);
    EXPECT_EQ(problems[0].at("status"), "unusable");
    EXPECT_EQ(problems[0].at("reason"), "disabled");
    EXPECT_THAT(text(), HasSubstr("unusable (pending deletion): 1 replica\n"));
    EXPECT_THAT(text(), HasSubstr("(deletion date 2026-12-01)"));
}

}  // namespace
}  // namespace keyferry::planner
