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
                  ProbeResult result = ProbeResult::responds,
                  const std::string& message = "",
                  std::optional<std::chrono::milliseconds> ahead = 0ms) {
    RegionProbe made(io::AccountRegion(io::AccountId::parse("111122223333").value(),
                                       io::Region::parse(region).value()),
                     result,
                     message);
    made.kms_ahead = ahead;
    return made;
}

PreflightFacts all_passed() {
    PreflightFacts facts;
    facts.identity = "credentials from the environment";
    facts.regions = {probe("eu-west-1"), probe("us-east-1")};
    facts.keys.emplace();
    facts.keys->checked = 1200;
    facts.keys->to_create = 2300;
    facts.keys->existing = 100;
    facts.journal_bytes = 2'208'000;
    facts.free_bytes = 40'000'000'000;
    return facts;
}

TEST(PreflightScreen, prints_one_line_per_check) {
    EXPECT_EQ(preflight_text(all_passed()),
              "preflight (skip with --no-preflight)\n"
              "  identity    credentials from the environment\n"
              "  Regions     2 of 2 respond\n"
              "  primaries   1,200 of 1,200 can be replicated\n"
              "  replicas    2,300 to create, 100 exist, 0 unusable\n"
              "  policies    ok\n"
              "  clock       matches KMS's clock\n"
              "  disk        2.2 MB reserved for the journal, 40.0 GB more free");
}

TEST(PreflightScreen, counts_unusable_replicas_by_reason) {
    PreflightFacts facts = all_passed();
    facts.keys->unusable = {{planner::ActionReason::disabled, 2},
                            {planner::ActionReason::pending_import, 1}};
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("2,300 to create, 100 exist, 3 unusable\n"));
    EXPECT_THAT(screen, HasSubstr("- 2: disabled. Find out why"));
    EXPECT_THAT(screen, HasSubstr("- 1: pending import. Import the primary's key material"));
    const boost::json::value keys =
        boost::json::parse(preflight_json(facts)).at("preflight").at("keys");
    EXPECT_EQ(keys.at("unusable"), (boost::json::object{{"disabled", 2}, {"pending import", 1}}));
}

TEST(PreflightScreen, compares_the_size_of_a_large_journal_with_the_free_space) {
    PreflightFacts facts = all_passed();
    facts.journal_bytes = 9'600'000'000;
    EXPECT_THAT(
        preflight_text(facts),
        HasSubstr("67.1 MB reserved for the journal, up to 9.6 GB in total, 40.0 GB more free"));
    facts.free_bytes = 1'000'000'000;
    EXPECT_THAT(preflight_text(facts), HasSubstr("1.0 GB more free, which"));
}

TEST(PreflightScreen, explains_regions_that_do_not_respond) {
    PreflightFacts facts = all_passed();
    facts.regions.push_back(
        probe("ap-east-1", ProbeResult::rejects, "The security token is invalid"));
    facts.regions.push_back(
        probe("eu-west-3", ProbeResult::rejects, "The security token is invalid"));
    facts.regions.push_back(
        probe("us-west-2", ProbeResult::no_response, "connecting to x: refused"));
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("  Regions     2 of 5 respond\n"));
    EXPECT_THAT(screen,
                HasSubstr("- ap-east-1: rejects these credentials; the account might not have "
                          "enabled the Region.\n                The security token is invalid\n"));
    EXPECT_THAT(screen, HasSubstr("- eu-west-3: rejects these credentials. The security"));
    EXPECT_THAT(screen, HasSubstr("- us-west-2: no response; its replicas wait"));
}

TEST(PreflightScreen, shows_opt_in_status_if_known) {
    PreflightFacts facts = all_passed();
    facts.regions = {probe("ap-east-1", ProbeResult::rejects, "invalid")};
    const auto screen_of = [&](io::RegionOptIn status) {
        facts.opt_ins = io::RegionOptIns{{"ap-east-1", status}};
        return preflight_text(facts);
    };
    EXPECT_THAT(screen_of(io::RegionOptIn::disabled), HasSubstr("the account has not enabled the"));
    EXPECT_THAT(screen_of(io::RegionOptIn::enabling),
                HasSubstr("the account is enabling the Region"));
    EXPECT_THAT(screen_of(io::RegionOptIn::enabled), HasSubstr("although the account has enabled"));
    facts.opt_ins = io::RegionOptIns{};
    EXPECT_THAT(preflight_text(facts), HasSubstr("the account might not have enabled"));
}

TEST(PreflightScreen, fits_one_screen_with_many_failed_regions) {
    PreflightFacts facts = all_passed();
    for (const char* region : {"a-b-1", "a-b-2", "a-b-3", "a-b-4", "a-b-5", "a-b-6", "a-b-7"}) {
        facts.regions.push_back(probe(region, ProbeResult::no_response, "timed out"));
    }
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("- and 2 more\n"));
    EXPECT_LT(std::count(screen.begin(), screen.end(), '\n'), 24);
}

TEST(PreflightScreen, explains_why_primaries_cannot_be_replicated) {
    PreflightFacts facts = all_passed();
    facts.keys->blocked = {{planner::ActionReason::primary_disabled, 3}};
    facts.keys->no_response = 1;
    const std::string screen = preflight_text(facts);
    EXPECT_THAT(screen, HasSubstr("1,197 of 1,200 can be replicated\n"));
    EXPECT_THAT(screen, HasSubstr("- 1 more: no response\n"));
    EXPECT_THAT(screen, HasSubstr("- 3: primary disabled. "));
    facts.keys.reset();
    facts.keys_not_checked = "done for the saved plan";
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("primaries   not checked: done for the saved plan\n"));
}

TEST(PreflightScreen, lists_policy_findings) {
    PreflightFacts facts = all_passed();
    planner::Finding finding;
    finding.severity = planner::FindingSeverity::error;
    finding.text = "No principal may change it.";
    finding.advice = "Allow it.";
    facts.policies.push_back(finding);
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("policies    1 finding\n"
                          "              - error: No principal may change it. Allow it.\n"));
}

TEST(PreflightScreen, reports_largest_clock_difference) {
    PreflightFacts facts = all_passed();
    facts.regions[0].kms_ahead = 2500ms;
    facts.regions[1].kms_ahead = -1s;
    EXPECT_THAT(preflight_text(facts), HasSubstr("2.5 s behind KMS's\n"));
    facts.regions[1].kms_ahead = -1h;
    EXPECT_THAT(preflight_text(facts),
                HasSubstr("3600.0 s ahead of KMS's; calls are signed with KMS's"));
    facts.regions[0].kms_ahead.reset();
    facts.regions[1].kms_ahead.reset();
    EXPECT_THAT(preflight_text(facts), HasSubstr("not compared: KMS's responses had no date"));
}

TEST(PreflightScreen, writes_json) {
    PreflightFacts facts = all_passed();
    facts.regions.push_back(
        probe("us-west-2", ProbeResult::no_response, "timed out", std::nullopt));
    facts.keys->blocked = {{planner::ActionReason::primary_disabled, 3}};
    const boost::json::value json = boost::json::parse(preflight_json(facts)).at("preflight");
    EXPECT_EQ(json.at("regions").as_array().size(), 3U);
    EXPECT_EQ(json.at("regions").at(2).at("result").as_string(), "no response");
    EXPECT_EQ(json.at("regions").at(0).at("kms_clock_ahead_ms").to_number<int>(), 0);
    EXPECT_EQ(json.at("keys").at("blocked").at("primary disabled").to_number<int>(), 3);
    EXPECT_EQ(json.at("journal_bytes").to_number<int>(), 2'208'000);
}

TEST(BytesText, uses_decimal_units) {
    EXPECT_EQ(bytes_text(0), "0 B");
    EXPECT_EQ(bytes_text(999), "999 B");
    EXPECT_EQ(bytes_text(1000), "1.0 KB");
    EXPECT_EQ(bytes_text(12'345'678), "12.3 MB");
    EXPECT_EQ(bytes_text(9'000'000'000'000'000), "9000.0 TB");
}

}  // namespace
}  // namespace keyferry::cli
