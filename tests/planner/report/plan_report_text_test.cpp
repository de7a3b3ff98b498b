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

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_report(const std::string& spec,
                        const PlanForecast& forecast = example_forecast(),
                        bool list_jobs = false) {
    return written(write_plan_text, unsurveyed(plan_of(spec)), forecast, list_jobs);
}

// tools/manual/planning.md has a complete report, which tests/documents compares with the output.
TEST(PlanText, has_this_layout) {
    const std::string sha256 = plan_of(kReportSpec).sha256;
    const std::string text = text_report(kReportSpec);
    EXPECT_THAT(text, StartsWith(R"(Plan for fleet "pay"ments"
  3 primary keys in 1 account -> 5 replicas in 2 Regions
  plan sha256  )" + sha256 + R"(
  made         2026-11-24T18:00:00.000Z by keyferry test
  caller       none: offline, without calls to KMS
  spec         fleet.toml
  spec sha256  )" + sha256 + R"(

Findings: 1 error, 3 warnings, 3 notices
  error     The key policy of 1 replica (group 'orders') does not allow any principal of the
            account to change it (kms:PutKeyPolicy). The keys could not be managed, and KMS
            rejects such a policy.
            -> Allow kms:* for arn:aws:iam::{account}:root, as KMS's default policy does, or for
               the administrators' role.
  warning   ap-east-1: the account must opt in to this Region before keys can be replicated
            there.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Regions
  Region     replicas  ready after  note
  ap-east-1         2        5.5 s  opt-in
  eu-west-1         3        6.0 s

Groups
  group   keys  replicas  policy            tags  description  aliases
  cards      2         4  default              0  no                 0
  orders     1         1  custom, 75 bytes     2  yes                0
  policy of group  sha256                                                            bytes  keys
  orders           e16c454c87b9654660e8db4623ea2565e2f9d2472683da8f199e575660215de4     75     1

API requests as counted by KMS (keyferry uses 80 % of each quota)
  account       Region     API           requests  quota/s  used/s  min time
  111122223333  eu-west-1  CreateKey            6        5       4     1.0 s
  111122223333  us-east-1  ReplicateKey         5        5       4     0.8 s
  111122223333  eu-west-1  DescribeKey          3    2,000   1,600   < 0.1 s
  111122223333  ap-east-1  CreateKey            4        5       4     0.0 s
  111122223333  ap-east-1  DescribeKey          2    2,000   1,600     0.0 s

Duration
  About 6.0 s without failures, if KMS responds within 0.1 s and replicas stay Creating for 4 s.
  At least 1.0 s, limited by CreateKey in eu-west-1 at 4/s.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Key quota (KMS default: 100,000 keys per account and Region)
  account       Region     known  all  to create  of quota
  111122223333  eu-west-1      0    ?          3   < 0.1 %
  111122223333  ap-east-1      0    ?          2   < 0.1 %
)"));
    EXPECT_THAT(text, HasSubstr(R"(
Cost ($1 per key per month)
          keys  per month  per year
  before     3         $3       $36
  added      5         $5       $60
  after      8         $8       $96
  Maximum one-time cost of the run's API requests: < $0.01 (at $0.03 per 10,000). Replicas that
  already exist add no cost.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
How to undo
  A run creates up to 5 replicas and changes no other key. To undo it, delete the replicas that
)"));
}

TEST(PlanText, shows_survey_results) {
    const std::string text = written(write_plan_text, example_plan(), example_forecast(), true);
    EXPECT_THAT(text, HasSubstr(R"(
Current state in KMS
  action    reason            replicas
  create    absent                   1
  exists    ready                    1
  sync      differs                  1
  unusable  pending deletion         1
  blocked   primary disabled         1
  none      not in the spec          2

Blocked or unusable (2 replicas)
  key                                   account       primary    reason            replicas in
  mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  111122223333  us-east-1  pending deletion  ap-east-1
  mrk-cccccccccccccccccccccccccccccccc  111122223333  us-east-1  primary disabled  eu-west-1

Regions
  Region     replicas  create  exists  sync  unusable  blocked  extra  ready after  note
  ap-east-1         2       1       0     0         1        0      0        5.5 s  opt-in
  eu-west-1         3       0       1     1         0        1      1
)"));
    EXPECT_THAT(text, HasSubstr("cccc -> eu-west-1  blocked (primary disabled)\n"));
}

TEST(PlanText, shows_survey_requests) {
    const std::string text = written(write_plan_text, example_plan(), example_forecast());
    EXPECT_THAT(text, HasSubstr(R"(
API requests as counted by KMS (keyferry uses 80 % of each quota)
  account       Region     API           survey  run  quota/s  used/s  min time
  111122223333  ap-east-1  CreateKey          0    2        5       4     0.0 s
  111122223333  ap-east-1  DescribeKey        1    1    2,000   1,600     0.0 s
  111122223333  us-east-1  ReplicateKey       0    1        5       4     0.0 s
  111122223333  eu-west-1  DescribeKey        3    0    2,000   1,600
  111122223333  us-east-1  DescribeKey        3    0    2,000   1,600
  The survey made 7 requests to read the current state. A run makes its own requests.
)"));
    EXPECT_THAT(text, HasSubstr(R"(
  Maximum one-time cost of the run's API requests: < $0.01 (at $0.03 per 10,000); cost of the
  survey's requests: < $0.01. Keys pending deletion are not billed.
)"));
}

TEST(PlanText, states_that_there_are_no_findings) {
    ReviewedPlan reviewed = unsurveyed(plan_of(R"([fleet]
name = "f"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "g"
keys = ["mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
replicate_to = ["eu-west-1"]
policy = "default"
)"));
    reviewed.review.is_surveyed = true;
    reviewed.review.verdicts[0] = JobVerdict{JobAction::exists, ActionReason::ready, 0};
    const std::string text = written(write_plan_text, reviewed, PlanForecast());
    EXPECT_THAT(text,
                HasSubstr("\nFindings: 0 errors, 0 warnings, 0 notices\n"
                          "  No findings.\n"));
    EXPECT_THAT(text, HasSubstr("  mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  exists     primary\n"));
}

TEST(PlanText, shows_saving_of_doubling_the_slowest_quota) {
    EXPECT_THAT(text_report(kReportSpec, long_forecast(2400)),
                HasSubstr("  At least 1 h 30 min, limited by ReplicateKey in eu-west-1 at 4/s.\n"
                          "  Raising that quota from 5/s to 10/s would save 40 min 0 s.\n"));
}

TEST(PlanText, shows_quota_above_which_nothing_is_saved) {
    PlanForecast forecast = long_forecast(2400);
    forecast.savings.push_back({{raised(*forecast.slowest, 8)}, 2400, true});
    EXPECT_THAT(
        text_report(kReportSpec, forecast),
        HasSubstr("Raising that quota from 5/s to 10/s would save 40 min 0 s; 8/s would save as "
                  "much.\n"));
    forecast.savings.back() = {{raised(*forecast.slowest, 21)}, 3600, false};
    EXPECT_THAT(
        text_report(kReportSpec, forecast),
        HasSubstr("Raising that quota from 5/s to 10/s would save 40 min 0 s, and raising it to "
                  "21/s would save\n  about 1 h 0 min; a higher quota would save no more time.\n"));
    forecast.savings.back() = {{raised(*forecast.slowest, 11)}, 2400, true};
    EXPECT_THAT(text_report(kReportSpec, forecast),
                HasSubstr("Raising that quota from 5/s to 10/s would save 40 min 0 s; a quota "
                          "above 11/s would save no\n  more time.\n"));
}

TEST(PlanText, shows_number_of_quotas_to_raise_together) {
    PlanForecast forecast = long_forecast(3);
    const std::vector<RaisedQuota> three(3, forecast.savings[0].quotas[0]);
    forecast.savings.push_back({three, 2700, true});
    EXPECT_THAT(text_report(kReportSpec, forecast),
                HasSubstr("Doubling that quota alone would save little, because ReplicateKey in "
                          "us-east-1 takes nearly as\n"
                          "  long. Doubling all 3 quotas that take this long would save 45 min "
                          "0 s.\n"));
}

TEST(PlanText, omits_small_savings) {
    EXPECT_THAT(text_report(kReportSpec, long_forecast(200)),
                Not(AnyOf(HasSubstr("Raising"), HasSubstr("Doubling"))));
}

TEST(PlanText, names_key_with_most_replicas_if_no_quota_is_slower) {
    PlanForecast forecast = example_forecast();
    forecast.slowest.reset();
    EXPECT_THAT(
        text_report(kReportSpec, forecast),
        HasSubstr("At least 1.0 s: one key gets 2 replicas, and calls on a key are spaced out.\n"));
}

TEST(PlanText, states_that_plan_is_too_large_to_simulate) {
    PlanForecast forecast = long_forecast(0);
    forecast.is_bound = true;
    forecast.regions.clear();
    const std::string text = text_report(kReportSpec, forecast);
    EXPECT_THAT(text, HasSubstr("too large to simulate"));
    EXPECT_THAT(text, Not(HasSubstr("ready after")));
}

TEST(PlanText, lists_jobs_on_request) {
    EXPECT_THAT(text_report(kReportSpec), Not(HasSubstr("Jobs")));
    EXPECT_THAT(
        text_report(kReportSpec, example_forecast(), true),
        HasSubstr("\nJobs\n  arn:aws:kms:us-east-1:111122223333:key/"
                  "mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> ap-east-1  create (not surveyed)\n"));
}

TEST(PlanText, stays_within_a_hundred_columns) {
    const std::string wide = kReportSpec + R"([[group]]
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

TEST(Numbers, are_grouped_by_thousands) {
    EXPECT_EQ(with_thousands(0), "0");
    EXPECT_EQ(with_thousands(999), "999");
    EXPECT_EQ(with_thousands(1000), "1,000");
    EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace keyferry::planner
