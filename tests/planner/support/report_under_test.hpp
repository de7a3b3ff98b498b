// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/plan_report.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace keyferry::planner {

inline const std::string kReportSpec = R"([fleet]
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

inline RaisedQuota raised(const BucketLoad& bucket, double quota_per_s) {
    return RaisedQuota{bucket.place, bucket.api, quota_per_s};
}

/// A plausible forecast for kReportSpec.
inline PlanForecast example_forecast() {
    PlanForecast forecast;
    forecast.seconds = 6;
    forecast.creation_wait_seconds = 5;
    forecast.seconds_min = 1;
    forecast.slowest = quota_load(plan_of(kReportSpec)).front();
    forecast.replicas_of_key_max = 2;
    forecast.key_seconds_min = 1;
    forecast.regions = {RegionForecast{0, 5.5}, RegionForecast{0.25, 6}};
    forecast.round_trip_seconds = 0.1;
    forecast.creating_seconds = 4;
    return forecast;
}

/// 90 minutes, limited by ReplicateKey at 4/s; doubling that quota saves `saved_by_twice_s`.
inline PlanForecast long_forecast(double saved_by_twice_s) {
    PlanForecast forecast = example_forecast();
    forecast.seconds = 5400;
    forecast.seconds_min = 5390;
    forecast.slowest->api = io::KmsApi::replicate_key;
    forecast.savings = {QuotaSaving{{raised(*forecast.slowest, 10)}, saved_by_twice_s, true}};
    return forecast;
}

/// The plan as it is if KMS is not queried.
inline ReviewedPlan unsurveyed(const Plan& plan) {
    return {plan, unsurveyed_review(plan)};
}

/// A plausible survey of kReportSpec. Jobs 0 and 1 belong to the first key (in ap-east-1 and
/// eu-west-1), jobs 2 and 3 to the second key, and job 4 to the third key (in eu-west-1).
inline ReviewedPlan example_plan() {
    ReviewedPlan reviewed = unsurveyed(plan_of(kReportSpec));
    PlanReview& review = reviewed.review;
    review.is_surveyed = true;
    review.calls = 7;
    for (const auto& [region, calls] :
         {std::pair("ap-east-1", 1), {"eu-west-1", 3}, {"us-east-1", 3}}) {
        review.calls_by_quota.push_back(QuotaCalls{
            io::AccountRegion(*io::AccountId::parse("111122223333"), *io::Region::parse(region)),
            io::KmsApi::describe_key,
            static_cast<std::uint64_t>(calls)});
    }
    const auto set_verdict = [&](JobIndex job, ActionReason reason, int steps = 0) {
        review.verdicts.at(job) =
            JobVerdict{action_of(reason), reason, static_cast<std::uint8_t>(steps)};
    };
    set_verdict(0, ActionReason::absent);
    set_verdict(1, ActionReason::ready);
    set_verdict(2, ActionReason::pending_deletion);
    set_verdict(3, ActionReason::differs, sync_policy | sync_tags);
    set_verdict(4, ActionReason::primary_disabled);
    review.deletion_dates_s[2] = 1'796'083'200;  // 2026-12-01
    review.extras = {ExtraReplica{1, "eu-west-1"}, ExtraReplica{2, "us-west-2"}};
    return reviewed;
}

inline PlanProvenance example_provenance() {
    PlanProvenance provenance;
    provenance.made = "2026-11-24T18:00:00.000Z";
    provenance.tool = "keyferry test";
    provenance.callers.emplace(*io::AccountId::parse("111122223333"),
                               "arn:aws:sts::111122223333:assumed-role/keyferry/ci");
    provenance.spec = "fleet.toml";
    provenance.spec_sha256 = plan_of(kReportSpec).sha256;
    return provenance;
}

using WritePlan = void(const ReviewedPlan&,
                       const PlanProvenance&,
                       const PlanForecast&,
                       const PlanReportOptions&,
                       const ReportSink&);

inline std::string written(WritePlan* write,
                           const ReviewedPlan& reviewed,
                           const PlanForecast& forecast,
                           bool list_jobs = false,
                           const PlanProvenance& provenance = example_provenance()) {
    std::string text;
    PlanReportOptions options;
    options.list_jobs = list_jobs;
    write(reviewed, provenance, forecast, options, [&](std::string_view piece) { text += piece; });
    return text;
}

inline boost::json::object json_report(const ReviewedPlan& reviewed,
                                       const PlanForecast& forecast = example_forecast(),
                                       bool list_jobs = false) {
    return boost::json::parse(written(write_plan_json, reviewed, forecast, list_jobs)).as_object();
}

}  // namespace keyferry::planner
