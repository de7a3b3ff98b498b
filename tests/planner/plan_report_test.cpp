#include "planner/plan_report.hpp"

#include "planner/text_table.hpp"
#include "spec_under_test.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sstream>
#include <string>

namespace keyferry {
namespace {

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

std::string text_report(const std::string& spec, bool list_jobs = false) {
    std::string text;
    write_plan_text(plan_of(spec), {list_jobs}, [&](std::string_view piece) { text += piece; });
    return text;
}

boost::json::object json_report(const std::string& spec, bool list_jobs = false) {
    std::string text;
    write_plan_json(plan_of(spec), {list_jobs}, [&](std::string_view piece) { text += piece; });
    return boost::json::parse(text).as_object();
}

TEST(PlanText, ReadsLikeThis) {
    const std::string sha256 = plan_of(kSpec).sha256;
    EXPECT_EQ(text_report(kSpec), R"(Plan of fleet "pay"ments": the replicas that should exist
  3 primary keys in 1 account -> 5 replicas in 2 Regions
  sha256 )" + sha256 + R"(

Where
  Region     replicas  note
  ap-east-1         2  opt-in Region
  eu-west-1         3

What
  group   keys  replicas  policy            tags  description
  cards      2         4  default              0  no
  orders     1         1  custom, 75 bytes     2  yes

Requests as KMS counts them (a run uses 80 % of each quota)
  account       Region     API           requests  quota/s  used/s  at least
  111122223333  eu-west-1  CreateKey            6        5       4     1.5 s
  111122223333  us-east-1  ReplicateKey         5        5       4     1.2 s
  111122223333  ap-east-1  CreateKey            4        5       4     1.0 s
  111122223333  eu-west-1  DescribeKey          3    2,000   1,600   < 0.1 s
  111122223333  ap-east-1  DescribeKey          2    2,000   1,600   < 0.1 s

Time at least: 1.5 s, set by CreateKey in eu-west-1 (4/s).
               Twice that quota would save 0.2 s.

Warning: KMS's default key policy for 4 replicas (group 'cards'), as the spec asks: KMS copies
         none from the primary, and who may use the primary may not be able to use its replicas.
Warning: no tags for 4 replicas (group 'cards'): KMS copies none from the primary, so rules and
         bills that go by tags will miss them.
Warning: ap-east-1: an account must be opted in to this Region before keys can be replicated
         there.
)");
}

TEST(PlanText, ListsJobsWhenAsked) {
    EXPECT_THAT(text_report(kSpec), Not(HasSubstr("Jobs")));
    EXPECT_THAT(text_report(kSpec, true),
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
    std::istringstream lines(text_report(wide));
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
              R"({"region":"ap-east-1","replicas":2,"opt_in":true})");
    EXPECT_EQ(boost::json::serialize(report.at("groups").at(1)),
              R"({"name":"orders","keys":1,"replicas":1,"policy":"custom","policy_bytes":75,)"
              R"("description":true,"tags":2,"bypass_policy_lockout_safety_check":false})");
    EXPECT_EQ(report.at("share").as_double(), 0.8);
    const boost::json::value& bucket = report.at("quotas").at(0);
    EXPECT_EQ(bucket.at("api"), "CreateKey");
    EXPECT_EQ(bucket.at("requests"), 6);
    EXPECT_EQ(bucket.at("seconds").as_double(), 1.5);
    EXPECT_EQ(report.at("seconds_min").as_double(), 1.5);
    EXPECT_EQ(report.at("warnings").as_array().size(), 3U);
    EXPECT_EQ(report.at("warnings").at(0).at("code"), "default_policy");
    EXPECT_EQ(report.if_contains("jobs"), nullptr);
}

TEST(PlanJson, ListsJobsWhenAsked) {
    const boost::json::object report = json_report(kSpec, true);
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
