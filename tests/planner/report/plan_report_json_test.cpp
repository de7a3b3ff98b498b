// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_report.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <string>

namespace keyferry::planner {
namespace {

boost::json::object json_report(const std::string& spec,
                                const PlanForecast& forecast = example_forecast(),
                                bool list_jobs = false) {
    return json_report(unsurveyed(plan_of(spec)), forecast, list_jobs);
}

TEST(PlanJson, has_the_documented_members) {
    const boost::json::object report = json_report(kReportSpec);
    EXPECT_EQ(report.at("format"), "keyferry-plan-report-2");
    EXPECT_EQ(report.at("fleet"), "pay\"ments");
    EXPECT_EQ(report.at("sha256").as_string().size(), 64U);
    EXPECT_EQ(report.at("keys"), 3);
    EXPECT_EQ(report.at("replicas"), 5);
    EXPECT_EQ(report.at("accounts").at(0), "111122223333");
    EXPECT_EQ(
        boost::json::serialize(report.at("regions").at(0)),
        R"({"region":"ap-east-1","replicas":2,"actions":{"create":2,"exists":0,"sync":0,)"
        R"("unusable":0,"blocked":0},"extras":0,"opt_in":true,"starts_s":0E0,"ends_s":5.5E0})");
    EXPECT_EQ(
        boost::json::serialize(report.at("groups").at(1)),
        R"({"name":"orders","keys":1,"replicas":1,"actions":{"create":1,"exists":0,"sync":0,)"
        R"("unusable":0,"blocked":0},"policy":"custom","policy_bytes":75,)"
        R"("description":true,"tags":2,"copied":[],"aliases":0,"enabled":true,"bypass_policy_lockout_safety_check":false})");
    EXPECT_EQ(report.at("share").as_double(), 0.8);
    const boost::json::value& bucket = report.at("quotas").at(0);
    EXPECT_EQ(bucket.at("api"), "CreateKey");
    EXPECT_EQ(bucket.at("requests"), 6);
    EXPECT_EQ(bucket.at("seconds").as_double(), 1);
    EXPECT_EQ(report.at("seconds_min").as_double(), 1);
    EXPECT_EQ(boost::json::serialize(report.at("key_quota_usage").at(0)),
              R"({"account":"111122223333","region":"eu-west-1","known":0,"counted":null,)"
              R"("to_create":3,"quota":100000})");
    EXPECT_EQ(report.at("cost").at("keys_before"), 3);
    EXPECT_EQ(report.at("cost").at("usd_per_month_added").as_double(), 5);
    EXPECT_EQ(report.at("cost").at("usd_per_year_added").as_double(), 60);
    EXPECT_EQ(report.at("findings").as_array().size(), 7U);
    const boost::json::value& finding = report.at("findings").at(2);
    EXPECT_EQ(finding.at("code"), "default_policy");
    EXPECT_EQ(finding.at("severity"), "warning");
    EXPECT_EQ(finding.at("affected"), 4);
    EXPECT_FALSE(finding.at("advice").as_string().empty());
    EXPECT_EQ(report.if_contains("jobs"), nullptr);
}

TEST(PlanJson, states_that_kms_was_not_queried) {
    const boost::json::object report = json_report(kReportSpec);
    EXPECT_EQ(report.at("surveyed"), false);
    EXPECT_EQ(boost::json::serialize(report.at("reasons")),
              R"([{"action":"create","reason":"not surveyed","replicas":5}])");
    EXPECT_TRUE(report.at("survey_quotas").as_array().empty());
}

TEST(PlanJson, shows_survey_results) {
    const Plan plan = plan_of(kReportSpec);
    const boost::json::object report = json_report(example_plan(), example_forecast(), true);
    EXPECT_EQ(report.at("surveyed"), true);
    EXPECT_EQ(report.at("survey_calls"), 7);
    ASSERT_EQ(report.at("survey_quotas").as_array().size(), 3U);
    EXPECT_EQ(boost::json::serialize(report.at("survey_quotas").at(2)),
              R"({"account":"111122223333","region":"ap-east-1","api":"DescribeKey",)"
              R"("requests":1,"quota_per_s":2000,"rate_per_s":1600,"seconds":0E0})");
    EXPECT_EQ(boost::json::serialize(report.at("actions")),
              R"({"create":1,"exists":1,"sync":1,"unusable":1,"blocked":1})");
    EXPECT_EQ(report.at("reasons").as_array().size(), 5U);
    EXPECT_EQ(boost::json::serialize(report.at("reasons").at(1)),
              R"({"action":"exists","reason":"ready","replicas":1})");
    EXPECT_EQ(boost::json::serialize(report.at("regions").at(1).at("actions")),
              R"({"create":0,"exists":1,"sync":1,"unusable":0,"blocked":1})");
    EXPECT_EQ(report.at("regions").at(1).at("extras"), 1);
    EXPECT_EQ(report.at("regions").at(0).at("ends_s").as_double(), 5.5);
    EXPECT_TRUE(report.at("regions").at(1).at("ends_s").is_null());
    EXPECT_EQ(report.at("extra_replicas"), 2);
    EXPECT_EQ(report.at("extras").at(1).at("region"), "us-west-2");
    const boost::json::value& jobs = report.at("jobs");
    EXPECT_EQ(jobs.at(0).at("reason"), "absent");
    EXPECT_EQ(jobs.at(2).at("action"), "unusable");
    EXPECT_EQ(jobs.at(2).at("deletion_date_s"), 1'796'083'200);
    EXPECT_EQ(boost::json::serialize(jobs.at(3).at("differs")), R"(["policy","tags"])");
}

TEST(PlanJson, counts_requests_only_for_replicas_to_create) {
    const boost::json::object report = json_report(example_plan());
    ASSERT_EQ(report.at("quotas").as_array().size(), 3U);
    for (const boost::json::value& quota : report.at("quotas").as_array()) {
        EXPECT_LE(quota.at("requests").as_int64(), 2) << quota;
    }
}

TEST(PlanJson, has_the_forecast) {
    const boost::json::object report = json_report(kReportSpec, long_forecast(2400));
    EXPECT_EQ(boost::json::serialize(report.at("forecast")),
              R"({"seconds":5.4E3,"creation_wait_seconds":5E0,"is_bound":false,)"
              R"("limit":{"account":"111122223333","region":"eu-west-1","api":"ReplicateKey"},)"
              R"("replicas_of_key_max":2,"key_seconds_min":1E0,)"
              R"("round_trip_seconds":1E-1,"creating_seconds":4E0,)"
              R"("savings":[{"quotas":[{"account":"111122223333","region":"eu-west-1",)"
              R"("api":"ReplicateKey","quota_per_s":10}],"seconds":2.4E3,"is_forecast":true}]})");
}

TEST(PlanJson, has_null_for_unknown_forecast_values) {
    PlanForecast forecast = example_forecast();
    forecast.slowest.reset();
    forecast.regions.clear();
    const boost::json::object report = json_report(kReportSpec, forecast);
    EXPECT_TRUE(report.at("forecast").at("limit").is_null());
    EXPECT_TRUE(report.at("regions").at(0).at("ends_s").is_null());
}

TEST(PlanJson, lists_jobs_on_request) {
    const boost::json::object report = json_report(kReportSpec, example_forecast(), true);
    ASSERT_EQ(report.at("jobs").as_array().size(), 5U);
    EXPECT_EQ(report.at("jobs").at(4).at("replica"),
              "arn:aws:kms:eu-west-1:111122223333:key/mrk-cccccccccccccccccccccccccccccccc");
}

}  // namespace
}  // namespace keyferry::planner
