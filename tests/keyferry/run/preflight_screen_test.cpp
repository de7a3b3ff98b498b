// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/preflight_screen.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

RegionProbe probe(const char* region,
                  ProbeResult result = ProbeResult::answers,
                  const std::string& message = "",
                  std::optional<std::chrono::milliseconds> ahead = 0ms) {
    RegionProbe made(io::AccountRegion(io::AccountId::parse("111122223333").value(),
                                       io::Region::parse(region).value()),
                     result,
                     message);
    made.kms_ahead = ahead;
    return made;
}

PreflightFacts all_well() {
    PreflightFacts facts;
    facts.identity = "credentials from the environment";
    facts.regions = {probe("eu-west-1"), probe("us-east-1")};
    facts.keys.emplace();
    facts.keys->looked_at = 1200;
    facts.keys->to_make = 2300;
    facts.keys->there = 100;
    facts.journal_bytes = 2'208'000;
    facts.free_bytes = 40'000'000'000;
    return facts;
}

TEST(PreflightScreen, says_in_a_line_each_what_is_well) {
    EXPECT_EQ(preflight_text(all_well()),
              "preflight (--no-preflight leaves it out)\n"
              "  identity    credentials from the environment\n"
              "  Regions     2 of 2 answer\n"
              "  primaries   1,200 of 1,200 can be replicated\n"
              "  replicas    2,300 to make, 100 there already, 0 in conflict\n"
              "  policies    nothing to say of them\n"
              "  clock       as KMS's\n"
              "  disk        2.2 MB reserved for the journal, 40.0 GB free beside that");
}

TEST(PreflightScreen, says_which_regions_do_not_answer_and_what_that_may_be) {
    PreflightFacts facts = all_well();
    facts.regions.push_back(
        probe("ap-east-1", ProbeResult::refuses, "The security token is invalid"));
    facts.regions.push_back(
        probe("eu-west-3", ProbeResult::refuses, "The security token is invalid"));
    facts.regions.push_back(probe("us-west-2", ProbeResult::silent, "connecting to x: refused"));
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("  Regions     2 of 5 answer\n"));
    EXPECT_THAT(screen,
                HasSubstr("- ap-east-1: refuses these credentials; perhaps the account has not "
                          "enabled the\n                Region. The security token is invalid\n"));
    EXPECT_THAT(screen, HasSubstr("- eu-west-3: refuses these credentials. The security"));
    EXPECT_THAT(screen, HasSubstr("- us-west-2: no answer; its replicas wait"));
}

TEST(PreflightScreen, says_what_the_account_has_made_of_a_region_where_that_is_known) {
    PreflightFacts facts = all_well();
    facts.regions = {probe("ap-east-1", ProbeResult::refuses, "invalid")};
    const auto screen_of = [&](io::RegionOptIn status) {
        facts.opt_ins = io::RegionOptIns{{"ap-east-1", status}};
        return preflight_text(facts);
    };
    EXPECT_THAT(screen_of(io::RegionOptIn::disabled), HasSubstr("the account has not enabled the"));
    EXPECT_THAT(screen_of(io::RegionOptIn::enabling),
                HasSubstr("the account is enabling the Region"));
    EXPECT_THAT(screen_of(io::RegionOptIn::enabled), HasSubstr("though the account has enabled"));
    facts.opt_ins = io::RegionOptIns{};
    EXPECT_THAT(preflight_text(facts), HasSubstr("perhaps the account has not enabled"));
}

TEST(PreflightScreen, stays_one_screen_however_many_regions_are_out) {
    PreflightFacts facts = all_well();
    for (const char* region : {"a-b-1", "a-b-2", "a-b-3", "a-b-4", "a-b-5", "a-b-6", "a-b-7"}) {
        facts.regions.push_back(probe(region, ProbeResult::silent, "timed out"));
    }
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("- and 2 more\n"));
    EXPECT_LT(std::count(screen.begin(), screen.end(), '\n'), 24);
}

TEST(PreflightScreen, says_why_primaries_cannot_be_replicated) {
    PreflightFacts facts = all_well();
    facts.keys->blocked = {{planner::ActionReason::primary_disabled, 3}};
    facts.keys->no_response = 1;
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("1,197 of 1,200 can be replicated\n"));
    EXPECT_THAT(screen, HasSubstr("- 1 more: no answer about them\n"));
    EXPECT_THAT(screen, HasSubstr("- 3: primary disabled. "));
    facts.keys.reset();
    facts.keys_not_seen = "that was done for the saved plan";
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("primaries   not looked at: that was done for the saved plan\n"));
}

TEST(PreflightScreen, says_what_is_to_be_said_of_policies) {
    PreflightFacts facts = all_well();
    planner::Finding finding;
    finding.severity = planner::FindingSeverity::error;
    finding.text = "Nobody may change it.";
    finding.advice = "Allow it.";
    facts.policies.push_back(finding);
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("policies    1 finding\n"
                          "              - error: Nobody may change it. Allow it.\n"));
}

TEST(PreflightScreen, compares_clocks_by_the_answer_that_is_furthest_off) {
    PreflightFacts facts = all_well();
    facts.regions[0].kms_ahead = 2500ms;
    facts.regions[1].kms_ahead = -1s;
    EXPECT_THAT(preflight_text(facts), HasSubstr("this machine's is 2.5 s behind KMS's\n"));
    facts.regions[1].kms_ahead = -1h;
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("this machine's is 3600.0 s ahead of KMS's; calls are signed by KMS's"));
    facts.regions[0].kms_ahead.reset();
    facts.regions[1].kms_ahead.reset();
    EXPECT_THAT(preflight_text(facts), HasSubstr("not compared: KMS's answers had no date"));
}

TEST(PreflightScreen, says_the_same_to_programs) {
    PreflightFacts facts = all_well();
    facts.regions.push_back(probe("us-west-2", ProbeResult::silent, "timed out", std::nullopt));
    facts.keys->blocked = {{planner::ActionReason::primary_disabled, 3}};
    const boost::json::value told = boost::json::parse(preflight_json(facts)).at("preflight");
    EXPECT_EQ(told.at("regions").as_array().size(), 3U);
    EXPECT_EQ(told.at("regions").at(2).at("standing").as_string(), "silent");
    EXPECT_EQ(told.at("regions").at(0).at("kms_clock_ahead_ms").to_number<int>(), 0);
    EXPECT_EQ(told.at("keys").at("blocked").at("primary disabled").to_number<int>(), 3);
    EXPECT_EQ(told.at("journal_bytes").to_number<int>(), 2'208'000);
}

TEST(BytesText, goes_in_steps_of_a_thousand) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(999), "999 B");
    EXPECT_EQ(bytes_text(1000), "1.0 KB");
    EXPECT_EQ(bytes_text(12'345'678), "12.3 MB");
    EXPECT_EQ(bytes_text(9'000'000'000'000'000), "9000.0 TB");
}

}  // namespace
}  // namespace keyferry::cli
