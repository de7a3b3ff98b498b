// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <random>

namespace keyferry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

io::AccountRegion at(const char* region) {
    return io::AccountRegion(io::AccountId::parse("111122223333").value(),
                             io::Region::parse(region).value());
}

engine::Progress half_done() {
    engine::Progress progress;
    progress.jobs = 10;
    progress.ended.add(engine::JobPhase::done, engine::Attribution::created, 5);
    progress.begun = 3;
    return progress;
}

Pace steady() {
    Pace pace;
    pace.elapsed = seconds(20);
    pace.rate_per_s = 0.25;
    pace.left = seconds(40);
    return pace;
}

engine::Progress parked(engine::FailureScope scope = engine::FailureScope::endpoint) {
    engine::Progress progress = half_done();
    progress.parked = 1;
    progress.waiting_otherwise = 2;
    engine::ScopeNews news{scope,
                           at("eu-west-1"),
                           std::nullopt,
                           engine::CircuitBreaker::State::parked,
                           engine::FailureClass::unreachable,
                           10,
                           "",
                           "connection refused"};
    if (scope == engine::FailureScope::pair) {
        news.primary_region = io::Region::parse("us-east-1").value();
    }
    news.probe_in = milliseconds(7800);
    news.abandoned_in = minutes(9);
    progress.parked_scope = news;
    return progress;
}

Pace at_rest() {
    Pace pace = steady();
    pace.left.reset();
    pace.rate_per_s = 0;
    return pace;
}

Pace throttled(std::size_t quotas = 1) {
    Pace pace = steady();
    pace.throttled = planner::QuotaCalls{at("us-east-1"), io::KmsApi::replicate_key, 16};
    pace.quotas_throttled = quotas;
    return pace;
}

boost::json::object json_of(const engine::Progress& progress, const Pace& pace) {
    return boost::json::parse(progress_json(progress, pace)).as_object().at("progress").as_object();
}

TEST(ProgressLine, shows_percent_time_left_rate_and_elapsed_time) {
    EXPECT_EQ(progress_text(half_done(), steady()),
              "5/10 done (50 %), about 40 s left, 15.0/min, 3 in progress, 20 s elapsed");
}

TEST(ProgressLine, rounds_the_time_left_to_its_precision) {
    const std::vector<std::pair<seconds, const char*>> roundings{
        {seconds(59), "about 59 s left"},
        {seconds(60), "about 1 min left"},
        {seconds(254), "about 4 min 10 s left"},
        {seconds(597), "about 10 min left"},
        {seconds(1495), "about 25 min left"},
        {seconds(4799), "about 1 h 20 min left"},
        {seconds(3600), "about 1 h 0 min left"}};
    for (const auto& [left, text] : roundings) {
        Pace pace = steady();
        pace.left = left;
        EXPECT_THAT(progress_text(half_done(), pace), HasSubstr(text));
    }
}

TEST(ProgressLine, shows_less_than_one_second_as_no_time) {
    Pace pace = steady();
    pace.left = milliseconds(80);
    EXPECT_THAT(progress_text(half_done(), pace), Not(HasSubstr("left")));
}

TEST(ProgressLine, shows_that_the_time_left_is_unknown) {
    EXPECT_THAT(progress_text(half_done(), at_rest()), HasSubstr("time left unknown, 0.0/s"));
}

TEST(ProgressLine, shows_100_percent_only_if_all_jobs_are_done) {
    engine::Progress progress;
    progress.jobs = 1000;
    progress.ended.add(engine::JobPhase::done, engine::Attribution::created, 999);
    progress.ended.add(engine::JobPhase::failed);
    EXPECT_THAT(progress_text(progress, steady()), HasSubstr("(99 %)"));
}

TEST(ProgressLine, shows_what_is_parked_why_and_until_when) {
    EXPECT_EQ(progress_text(parked(), at_rest()),
              "5/10 done (50 %), parked: KMS in eu-west-1 of account 111122223333 (unreachable), "
              "next probe in 8 s, gives up in 9 min, 0.0/s, 2 waiting, 1 in progress, "
              "20 s elapsed");
    EXPECT_THAT(progress_text(parked(engine::FailureScope::account), at_rest()),
                HasSubstr("parked: account 111122223333 (unreachable), next"));
    EXPECT_THAT(progress_text(parked(engine::FailureScope::pair), at_rest()),
                HasSubstr("parked: replicas in eu-west-1 of keys in us-east-1 of account"));
}

TEST(ProgressLine, shows_one_of_several_parked_scopes) {
    engine::Progress progress = parked();
    progress.parked = 3;
    EXPECT_THAT(
        progress_text(progress, at_rest()),
        HasSubstr("parked: KMS in eu-west-1 of account 111122223333 (unreachable) and 2 more"));
}

TEST(ProgressLine, reports_a_probe_in_flight) {
    engine::Progress progress = parked();
    progress.parked_scope->probe_in = milliseconds(0);
    EXPECT_THAT(progress_text(progress, at_rest()), HasSubstr("(unreachable), probing now"));
}

TEST(ProgressLine, counts_jobs_that_wait_after_a_throttle_separately) {
    engine::Progress progress = half_done();
    progress.begun = 664;
    progress.waiting_throttled = 650;
    progress.in_doubt = 3;
    progress.in_flight = 1;
    EXPECT_EQ(
        progress_text(progress, throttled(3)),
        "5/10 done (50 %), about 40 s left, 15.0/min, KMS throttles ReplicateKey in us-east-1 "
        "of account 111122223333 and 2 other quotas, 650 waiting (throttled), "
        "11 in progress, 3 unresolved, 20 s elapsed, 1 call in flight");
}

TEST(ProgressLine, reports_a_disk_that_does_not_respond_instead_of_the_time_left) {
    const std::string text = progress_text(half_done(), steady(), seconds(12));
    EXPECT_THAT(text, HasSubstr("the journal's disk has not responded for 12 s"));
    EXPECT_THAT(text, Not(HasSubstr("left")));
}

TEST(ProgressLine, omits_the_least_important_parts_first) {
    engine::Progress progress = half_done();
    progress.ended.add(engine::JobPhase::failed);
    progress.in_flight = 2;
    const auto text = [&](std::size_t columns) {
        return progress_text(progress, throttled(), seconds(0), columns);
    };
    EXPECT_EQ(
        text(120),
        "5/10 done (50 %), about 40 s left, 15.0/min, 1 failed, KMS throttles ReplicateKey in "
        "us-east-1, 3 in progress");
    EXPECT_EQ(
        text(100),
        "5/10 done (50 %), about 40 s left, 15.0/min, 1 failed, KMS throttles ReplicateKey in "
        "us-east-1");
    EXPECT_EQ(text(80),
              "5/10 done, about 40 s left, 1 failed, KMS throttles ReplicateKey in us-east-1");
    EXPECT_EQ(text(40), "5/10 done, about 40 s left, 1 failed");
    EXPECT_EQ(text(10), "5/10 done");
    EXPECT_EQ(text(7), "5/10...");
    EXPECT_EQ(text(2), "..");
    EXPECT_EQ(text(0), "");
}

TEST(ProgressLine, keeps_what_is_parked_in_a_narrow_terminal) {
    EXPECT_EQ(progress_text(parked(), at_rest(), seconds(0), 80),
              "5/10 done (50 %), parked: KMS in eu-west-1 (unreachable), next probe in 8 s");
    EXPECT_EQ(progress_text(parked(), at_rest(), seconds(0), 40),
              "5/10 done, parked: KMS in eu-west-1");
    EXPECT_EQ(progress_text(parked(), at_rest(), seconds(0), 30), "5/10 done, parked: KMS in e...");
}

TEST(ProgressLine, never_has_more_columns_than_the_terminal) {
    std::mt19937 random(15);
    const auto upto = [&](std::size_t max) {
        return random() % (max + 1);
    };
    for (int round = 0; round < 200; ++round) {
        engine::Progress progress = upto(1) == 0 ? half_done() : parked();
        progress.jobs = 10 + upto(1'000'000'000);
        progress.waiting_throttled = upto(100'000);
        progress.in_doubt = upto(1000);
        progress.begun = progress.in_doubt + progress.waiting_throttled + 2 + upto(100'000);
        progress.in_flight = upto(512);
        for (const auto phase : {engine::JobPhase::failed, engine::JobPhase::deferred}) {
            progress.ended.add(phase, std::nullopt, upto(1) * upto(1'000'000));
        }
        Pace pace = upto(1) == 0 ? throttled(upto(300)) : at_rest();
        pace.elapsed = seconds(upto(1'000'000));
        pace.rate_per_s = static_cast<double>(upto(1'000'000)) / 10;
        const seconds stalled(upto(3) == 0 ? upto(100'000) : 0);
        const std::string all = progress_text(progress, pace, stalled);
        EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](char each) {
            return each >= ' ' && each <= '~';
        })) << all;
        std::size_t shorter = 0;
        for (std::size_t columns = 20; columns <= 200; ++columns) {
            const std::string text = progress_text(progress, pace, stalled, columns);
            ASSERT_LE(text.size(), columns) << text;
            ASSERT_GE(text.size(), shorter) << text;
            shorter = text.size() == columns ? 0 : text.size();
            if (all.size() <= columns) {
                ASSERT_EQ(text, all);
            }
        }
    }
}

TEST(CutToColumns, counts_characters_and_not_bytes) {
    EXPECT_EQ(cut_to_columns("fünf Schlüssel", 14), "fünf Schlüssel");
    EXPECT_EQ(cut_to_columns("fünf Schlüssel", 13), "fünf Schlü...");
    EXPECT_EQ(cut_to_columns("fü", 1), ".");
}

TEST(ProgressJson, has_the_pace) {
    const boost::json::object json = json_of(half_done(), steady());
    EXPECT_EQ(json.at("percent"), 50);
    EXPECT_EQ(json.at("remaining_s"), 40.0);
    EXPECT_EQ(json.at("elapsed_s"), 20.0);
    EXPECT_EQ(json.at("rate_per_s"), 0.2);
    EXPECT_TRUE(json.at("throttled_quota").is_null());
    EXPECT_TRUE(json.at("parked_scope").is_null());
}

TEST(ProgressJson, has_the_parked_scope_and_no_time_left) {
    const boost::json::object json = json_of(parked(), at_rest());
    EXPECT_TRUE(json.at("remaining_s").is_null());
    EXPECT_EQ(json.at("parked"), 1);
    EXPECT_EQ(json.at("waiting"), 2);
    const boost::json::object& scope = json.at("parked_scope").as_object();
    EXPECT_EQ(scope.at("region"), "eu-west-1");
    EXPECT_EQ(scope.at("about"), "endpoint");
    EXPECT_EQ(scope.at("probe_in_s"), 7.8);
    EXPECT_EQ(scope.at("abandoned_in_s"), 540.0);
}

TEST(ProgressJson, has_the_most_throttled_quota) {
    engine::Progress progress = half_done();
    progress.waiting_throttled = 2;
    const boost::json::object json = json_of(progress, throttled());
    EXPECT_EQ(json.at("waiting_throttled"), 2);
    EXPECT_EQ(json.at("in_progress"), 3) << "includes the jobs that wait";
    const boost::json::object& quota = json.at("throttled_quota").as_object();
    EXPECT_EQ(quota.at("account"), "111122223333");
    EXPECT_EQ(quota.at("region"), "us-east-1");
    EXPECT_EQ(quota.at("operation"), "ReplicateKey");
    EXPECT_EQ(quota.at("throttled"), 16);
}

}  // namespace
}  // namespace keyferry::cli
