#include "planner/plan_report.hpp"

#include "planner/text_table.hpp"
#include "spec_under_test.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <sstream>
#include <string>

namespace keyferry {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const std::string kSpec = R"([fleet]
name = "pay\"ments"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "cards"
keys = ["mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]
replicate_to = ["eu-west-1", "ap-east-1"]
policy = "default"
[[group]]
name = "orders"
keys = ["mrk-cccccccccccccccccccccccccccccccc"]
replicate_to = ["eu-west-1"]
policy = { inline = '{"Statement":{"Effect":"Deny","Principal":"*","Action":"a","Resource":"*"}}' }
description = "d"
tags = { a = "1", b = "2" }
)";

RaisedQuota raised(const BucketLoad& bucket, double quota_per_s) {
    return RaisedQuota{bucket.place, bucket.api, quota_per_s};
}

/// What the engine could have forecast for kSpec.
PlanForecast example_forecast() {
    PlanForecast forecast;
    forecast.seconds = 6;
    forecast.creation_wait_seconds = 5;
    forecast.seconds_min = 1;
    forecast.slowest = quota_load(plan_of(kSpec)).front();
    forecast.replicas_of_key_max = 2;
    forecast.key_seconds_min = 1;
    forecast.regions = {RegionForecast{0, 5.5}, RegionForecast{0.25, 6}};
    forecast.round_trip_seconds = 0.1;
    forecast.creating_seconds = 4;
    return forecast;
}

/// An hour and a half of ReplicateKey at 4/s; twice that quota saves so much.
PlanForecast long_forecast(double saved_by_twice_s) {
    PlanForecast forecast = example_forecast();
    forecast.seconds = 5400;
    forecast.seconds_min = 5390;
    forecast.slowest->api = KmsApi::replicate_key;
    forecast.savings = {QuotaSaving{{raised(*forecast.slowest, 10)}, saved_by_twice_s, true}};
    return forecast;
}

std::string text_report(const std::string& spec,
                        const PlanForecast& forecast = example_forecast(),
                        bool list_jobs = false) {
    std::string text;
    const PlanReportOptions options{list_jobs};
    write_plan_text(
        plan_of(spec), forecast, options, [&](std::string_view piece) { text += piece; });
    return text;
}

boost::json::object json_report(const std::string& spec,
                                const PlanForecast& forecast = example_forecast(),
                                bool list_jobs = false) {
    std::string text;
    const PlanReportOptions options{list_jobs};
    write_plan_json(
        plan_of(spec), forecast, options, [&](std::string_view piece) { text += piece; });
    return boost::json::parse(text).as_object();
}

TEST(PlanText, ListsManyJobsInFewPieces) {
    std::string keys;
    for (int key = 0; key < 1500; ++key) {
        keys += fmt::format("\"mrk-{:032x}\",\n", key);
    }
    std::string spec = group_with(kPolicyLine);
    spec.replace(spec.find("\"mrk-"), std::string_view("\"mrk-\"").size() + 32, keys);
    const Plan plan = plan_of(spec);
    std::string text;
    std::size_t pieces = 0;
    write_plan_text(plan, {}, PlanReportOptions{true}, [&](std::string_view piece) {
        text += piece;
        ++pieces;
    });
    EXPECT_LT(pieces, 20U);
    EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 1501);  // one more in the heading
    EXPECT_THAT(text, HasSubstr("\nJobs\n  arn:aws:kms:us-east-1:111122223333:key/mrk-0000000000"));
    EXPECT_THAT(text, EndsWith("key/mrk-000000000000000000000000000005db -> eu-west-1\n"));
}

TEST(PlanText, ReadsLikeThis) {
    const std::string sha256 = plan_of(kSpec).sha256;
    EXPECT_EQ(text_report(kSpec), R"(Plan of fleet "pay"ments": the replicas that should exist
  3 primary keys in 1 account -> 5 replicas in 2 Regions
  sha256 )" + sha256 + R"(

Where
  Region     replicas  ready after  note
  ap-east-1         2        5.5 s  opt-in Region
  eu-west-1         3        6.0 s

What
  group   keys  replicas  policy            tags  description
  cards      2         4  default              0  no
  orders     1         1  custom, 75 bytes     2  yes

Requests as KMS counts them (a run uses 80 % of each quota)
  account       Region     API           requests  quota/s  used/s  at least
  111122223333  eu-west-1  CreateKey            6        5       4     1.0 s
  111122223333  us-east-1  ReplicateKey         5        5       4     0.8 s
  111122223333  eu-west-1  DescribeKey          3    2,000   1,600   < 0.1 s
  111122223333  ap-east-1  CreateKey            4        5       4     0.0 s
  111122223333  ap-east-1  DescribeKey          2    2,000   1,600     0.0 s

Time: about 6.0 s if nothing goes wrong, KMS answers within 0.1 s and replicas stay Creating for
      4 s.
      1.0 s at least: CreateKey in eu-west-1 at 4/s.

Warning: KMS's default key policy for 4 replicas (group 'cards'), as the spec asks: KMS copies
         none from the primary, and who may use the primary may not be able to use its replicas.
Warning: no tags for 4 replicas (group 'cards'): KMS copies none from the primary, so rules and
         bills that go by tags will miss them.
Warning: ap-east-1: an account must be opted in to this Region before keys can be replicated
         there.
)");
}

TEST(PlanText, SaysWhatTwiceTheSlowestQuotaWouldSave) {
    EXPECT_THAT(text_report(kSpec, long_forecast(2400)),
                HasSubstr("      1 h 30 min at least: ReplicateKey in eu-west-1 at 4/s.\n"
                          "      Twice that quota would save 40 min 0 s.\n"));
}

TEST(PlanText, SaysWhichQuotaIsEnough) {
    PlanForecast forecast = long_forecast(2400);
    forecast.savings.push_back({{raised(*forecast.slowest, 8)}, 2400, true});
    EXPECT_THAT(text_report(kSpec, forecast),
                HasSubstr("Twice that quota would save 40 min 0 s; 8/s would do as well.\n"));
    forecast.savings.back() = {{raised(*forecast.slowest, 21)}, 3600, false};
    EXPECT_THAT(
        text_report(kSpec, forecast),
        HasSubstr("Twice that quota would save 40 min 0 s, 21/s would save about 1 h 0 min, "
                  "and more than\n      that little more.\n"));
}

TEST(PlanText, SaysHowManyQuotasHaveToBeRaisedTogether) {
    PlanForecast forecast = long_forecast(3);
    const std::vector<RaisedQuota> three(3, forecast.savings[0].quotas[0]);
    forecast.savings.push_back({three, 2700, true});
    EXPECT_THAT(text_report(kSpec, forecast),
                HasSubstr("Twice that quota would save little: ReplicateKey in us-east-1 takes "
                          "nearly as long. Twice\n"
                          "      the quotas of all 3 that do would save 45 min 0 s.\n"));
}

TEST(PlanText, LeavesOutWhatSavesLittle) {
    EXPECT_THAT(text_report(kSpec, long_forecast(200)), Not(HasSubstr("Twice")));
}

TEST(PlanText, NamesTheKeyWithTheMostReplicasWhereNoQuotaIsAsSlow) {
    PlanForecast forecast = example_forecast();
    forecast.slowest.reset();
    EXPECT_THAT(text_report(kSpec, forecast),
                HasSubstr("1.0 s at least: one key gets 2 replicas, with time between them.\n"));
}

TEST(PlanText, SaysWhenAPlanWasTooLargeToBeRunThrough) {
    PlanForecast forecast = long_forecast(0);
    forecast.is_bound = true;
    forecast.regions.clear();
    const std::string text = text_report(kSpec, forecast);
    EXPECT_THAT(text, HasSubstr("too large to be run through"));
    EXPECT_THAT(text, Not(HasSubstr("ready after")));
}

TEST(PlanText, ListsJobsWhenAsked) {
    EXPECT_THAT(text_report(kSpec), Not(HasSubstr("Jobs")));
    EXPECT_THAT(text_report(kSpec, example_forecast(), true),
                HasSubstr("\nJobs\n  arn:aws:kms:us-east-1:111122223333:key/"
                          "mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> ap-east-1\n"));
}

TEST(PlanText, StaysWithinAHundredColumns) {
    const std::string wide = kSpec + R"([[group]]
name = "a name that is far longer than any column of a table on paper should ever have to be"
keys = ["arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-dddddddddddddddddddddddddddddddd"]
primary = "us-gov-west-1"
replicate_to = ["us-gov-east-1"]
policy = "default"
)";
    PlanForecast forecast = long_forecast(2400);
    forecast.regions.push_back(RegionForecast{0, 5400});
    std::istringstream lines(text_report(wide, forecast));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 100U) << line;
    }
}

TEST(PlanJson, HasTheDocumentedMembers) {
    const boost::json::object report = json_report(kSpec);
    EXPECT_EQ(report.at("format"), "keyferry-plan-report-1");
    EXPECT_EQ(report.at("fleet"), "pay\"ments");
    EXPECT_EQ(report.at("sha256").as_string().size(), 64U);
    EXPECT_EQ(report.at("keys"), 3);
    EXPECT_EQ(report.at("replicas"), 5);
    EXPECT_EQ(report.at("accounts").at(0), "111122223333");
    EXPECT_EQ(boost::json::serialize(report.at("regions").at(0)),
              R"({"region":"ap-east-1","replicas":2,"opt_in":true,"starts_s":0E0,"ends_s":5.5E0})");
    EXPECT_EQ(boost::json::serialize(report.at("groups").at(1)),
              R"({"name":"orders","keys":1,"replicas":1,"policy":"custom","policy_bytes":75,)"
              R"("description":true,"tags":2,"bypass_policy_lockout_safety_check":false})");
    EXPECT_EQ(report.at("share").as_double(), 0.8);
    const boost::json::value& bucket = report.at("quotas").at(0);
    EXPECT_EQ(bucket.at("api"), "CreateKey");
    EXPECT_EQ(bucket.at("requests"), 6);
    EXPECT_EQ(bucket.at("seconds").as_double(), 1);
    EXPECT_EQ(report.at("seconds_min").as_double(), 1);
    EXPECT_EQ(report.at("warnings").as_array().size(), 3U);
    EXPECT_EQ(report.at("warnings").at(0).at("code"), "default_policy");
    EXPECT_EQ(report.if_contains("jobs"), nullptr);
}

TEST(PlanJson, HasTheForecast) {
    const boost::json::object report = json_report(kSpec, long_forecast(2400));
    EXPECT_EQ(boost::json::serialize(report.at("forecast")),
              R"({"seconds":5.4E3,"creation_wait_seconds":5E0,"is_bound":false,)"
              R"("limit":{"account":"111122223333","region":"eu-west-1","api":"ReplicateKey"},)"
              R"("replicas_of_key_max":2,"key_seconds_min":1E0,)"
              R"("round_trip_seconds":1E-1,"creating_seconds":4E0,)"
              R"("savings":[{"quotas":[{"account":"111122223333","region":"eu-west-1",)"
              R"("api":"ReplicateKey","quota_per_s":10}],"seconds":2.4E3,"is_forecast":true}]})");
}

TEST(PlanJson, HasNullForWhatAForecastCannotSay) {
    PlanForecast forecast = example_forecast();
    forecast.slowest.reset();
    forecast.regions.clear();
    const boost::json::object report = json_report(kSpec, forecast);
    EXPECT_TRUE(report.at("forecast").at("limit").is_null());
    EXPECT_TRUE(report.at("regions").at(0).at("ends_s").is_null());
}

TEST(PlanJson, ListsJobsWhenAsked) {
    const boost::json::object report = json_report(kSpec, example_forecast(), true);
    ASSERT_EQ(report.at("jobs").as_array().size(), 5U);
    EXPECT_EQ(report.at("jobs").at(4).at("replica"),
              "arn:aws:kms:eu-west-1:111122223333:key/mrk-cccccccccccccccccccccccccccccccc");
}

TEST(Numbers, AreGroupedByThousands) {
    EXPECT_EQ(with_thousands(0), "0");
    EXPECT_EQ(with_thousands(999), "999");
    EXPECT_EQ(with_thousands(1000), "1,000");
    EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace keyferry
