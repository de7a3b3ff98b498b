// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_report.hpp"
#include "planner/text/text_table.hpp"
#include "tests/planner/support/report_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sstream>
#include <string>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string& kTextSpec = kReportSpec;

std::string text_report(const std::string& spec,
                        const PlanForecast& forecast = example_forecast(),
                        bool list_jobs = false) {
    const Plan plan = plan_of(spec);
    return written(write_plan_text, plan, unsurveyed_review(plan), forecast, list_jobs);
}

// The whole of a report stands in README.md, where tests/command compares it.
TEST(PlanText, ReadsLikeThis) {
    const std::string sha256 = plan_of(kTextSpec).sha256;
    const std::string text = text_report(kTextSpec);
    EXPECT_THAT(text, StartsWith(R"(Plan of fleet "pay"ments": the replicas that should exist
  3 primary keys in 1 account -> 5 replicas in 2 Regions
  sha256 )" + sha256 + R"(

Where
  Region     replicas  ready after  note
  ap-east-1         2        5.5 s  opt-in
  eu-west-1         3        6.0 s

What
  group   keys  replicas  policy            tags  description  aliases
  cards      2         4  default              0  no                 0
  orders     1         1  custom, 75 bytes     2  yes                0

Requests as KMS counts them (keyferry uses 80 % of each quota)
  account       Region     API           requests  quota/s  used/s  at least
  111122223333  eu-west-1  CreateKey            6        5       4     1.0 s
  111122223333  us-east-1  ReplicateKey         5        5       4     0.8 s
  111122223333  eu-west-1  DescribeKey          3    2,000   1,600   < 0.1 s
  111122223333  ap-east-1  CreateKey            4        5       4     0.0 s
  111122223333  ap-east-1  DescribeKey          2    2,000   1,600     0.0 s

How long
  About 6.0 s if nothing goes wrong, KMS answers within 0.1 s and replicas stay Creating for 4
  s.
  1.0 s at least: CreateKey in eu-west-1 at 4/s.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Room for keys (KMS's default is 100,000 an account and Region)
  account       Region     known  all  to make  of quota
  111122223333  eu-west-1      0    ?        3   < 0.1 %
  111122223333  ap-east-1      0    ?        2   < 0.1 %
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Cost (a key costs $1 a month)
          keys  a month  a year
  before     3       $3     $36
  added      5       $5     $60
  after      8       $8     $96
  The run's own requests: < $0.01 at most, once, at $0.03 for 10,000. Replicas that are there
  already add nothing.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Findings: 1 error, 3 warnings, 3 notices
  error     The key policy of 1 replica (group 'orders') lets nobody of the account change it
            (kms:PutKeyPolicy): the keys could never be managed, and KMS refuses such a policy.
            -> Allow kms:* to arn:aws:iam::{account}:root, as KMS's default policy does, or to
               the administrators' role.
  warning   ap-east-1: an account must be opted in to this Region before keys can be replicated
            there.
)"));
}

TEST(PlanText, SaysWhatASurveyHasFound) {
    const std::string text =
        written(write_plan_text, plan_of(kTextSpec), example_review(), example_forecast(), true);
    EXPECT_THAT(text, HasSubstr(R"(
What KMS has of it
  action    why                        replicas
  create    absent                            1
  exists    ready                             1
  sync      differs                           1
  conflict  pending deletion                  1
  blocked   primary disabled                  1
  none      the spec does not name it         2

Where
  Region     replicas  create  exists  sync  conflict  blocked  extra  ready after  note
  ap-east-1         2       1       0     0         1        0      0        5.5 s  opt-in
  eu-west-1         3       0       1     1         0        1      1
)"));
    EXPECT_THAT(text, HasSubstr("cccc -> eu-west-1  blocked (primary disabled)\n"));
}

TEST(PlanText, CountsTheRequestsOfTheSurvey) {
    const std::string text =
        written(write_plan_text, plan_of(kReportSpec), example_review(), example_forecast());
    EXPECT_THAT(text, HasSubstr(R"(
Requests as KMS counts them (keyferry uses 80 % of each quota)
  account       Region     API           by survey  by run  quota/s  used/s  at least
  111122223333  ap-east-1  CreateKey             0       2        5       4     0.0 s
  111122223333  ap-east-1  DescribeKey           1       1    2,000   1,600     0.0 s
  111122223333  us-east-1  ReplicateKey          0       1        5       4     0.0 s
  111122223333  eu-west-1  DescribeKey           3       0    2,000   1,600
  111122223333  us-east-1  DescribeKey           3       0    2,000   1,600
  The survey has made 7 requests already, to see what there is; a run makes its own.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
  The run's own requests: < $0.01 at most, once, at $0.03 for 10,000; those of the survey: <
  $0.01. Keys that are to be deleted cost nothing.
)"));
}

TEST(PlanText, SaysThatThereIsNothingToLookAt) {
    const Plan plan = plan_of(R"([fleet]
name = "f"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "g"
keys = ["mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
replicate_to = ["eu-west-1"]
policy = "default"
)");
    PlanReview review = unsurveyed_review(plan);
    review.is_surveyed = true;
    review.verdicts[0] = JobVerdict{JobAction::exists, ActionReason::ready, 0};
    const std::string text = written(write_plan_text, plan, review, PlanForecast());
    EXPECT_THAT(text,
                HasSubstr("\nFindings: 0 errors, 0 warnings, 0 notices\n"
                          "  Nothing that a reviewer should look at.\n"));
    EXPECT_THAT(text, HasSubstr("  mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  exists     primary\n"));
}

TEST(PlanText, SaysWhatTwiceTheSlowestQuotaWouldSave) {
    EXPECT_THAT(text_report(kTextSpec, long_forecast(2400)),
                HasSubstr("  1 h 30 min at least: ReplicateKey in eu-west-1 at 4/s.\n"
                          "  Twice that quota would save 40 min 0 s.\n"));
}

TEST(PlanText, SaysWhichQuotaIsEnough) {
    PlanForecast forecast = long_forecast(2400);
    forecast.savings.push_back({{raised(*forecast.slowest, 8)}, 2400, true});
    EXPECT_THAT(text_report(kTextSpec, forecast),
                HasSubstr("Twice that quota would save 40 min 0 s; 8/s would do as well.\n"));
    forecast.savings.back() = {{raised(*forecast.slowest, 21)}, 3600, false};
    EXPECT_THAT(
        text_report(kTextSpec, forecast),
        HasSubstr("Twice that quota would save 40 min 0 s, 21/s would save about 1 h 0 min, "
                  "and more than that\n  little more.\n"));
}

TEST(PlanText, SaysHowManyQuotasHaveToBeRaisedTogether) {
    PlanForecast forecast = long_forecast(3);
    const std::vector<RaisedQuota> three(3, forecast.savings[0].quotas[0]);
    forecast.savings.push_back({three, 2700, true});
    EXPECT_THAT(text_report(kTextSpec, forecast),
                HasSubstr("Twice that quota would save little: ReplicateKey in us-east-1 takes "
                          "nearly as long. Twice the\n"
                          "  quotas of all 3 that do would save 45 min 0 s.\n"));
}

TEST(PlanText, LeavesOutWhatSavesLittle) {
    EXPECT_THAT(text_report(kTextSpec, long_forecast(200)), Not(HasSubstr("Twice")));
}

TEST(PlanText, NamesTheKeyWithTheMostReplicasWhereNoQuotaIsAsSlow) {
    PlanForecast forecast = example_forecast();
    forecast.slowest.reset();
    EXPECT_THAT(text_report(kTextSpec, forecast),
                HasSubstr("1.0 s at least: one key gets 2 replicas, with time between them.\n"));
}

TEST(PlanText, SaysWhenAPlanWasTooLargeToBeRunThrough) {
    PlanForecast forecast = long_forecast(0);
    forecast.is_bound = true;
    forecast.regions.clear();
    const std::string text = text_report(kTextSpec, forecast);
    EXPECT_THAT(text, HasSubstr("too large to be run through"));
    EXPECT_THAT(text, Not(HasSubstr("ready after")));
}

TEST(PlanText, ListsJobsWhenAsked) {
    EXPECT_THAT(text_report(kTextSpec), Not(HasSubstr("Jobs")));
    EXPECT_THAT(
        text_report(kTextSpec, example_forecast(), true),
        HasSubstr("\nJobs\n  arn:aws:kms:us-east-1:111122223333:key/"
                  "mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> ap-east-1  create (not surveyed)\n"));
}

TEST(PlanText, StaysWithinAHundredColumns) {
    const std::string wide = kTextSpec + R"([[group]]
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

TEST(Numbers, AreGroupedByThousands) {
    EXPECT_EQ(with_thousands(0), "0");
    EXPECT_EQ(with_thousands(999), "999");
    EXPECT_EQ(with_thousands(1000), "1,000");
    EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace keyferry::planner
