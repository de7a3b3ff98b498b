// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/load_fleet.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(LoadFleet, plans_minimal_spec) {
    const Plan plan = plan_of(group_with(kPolicyLine));
    EXPECT_EQ(plan.fleet_name, "test");
    ASSERT_EQ(plan.jobs.size(), 1U);
    EXPECT_EQ(replica_arn(plan, plan.jobs[0]).text(),
              "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab");
}

TEST(LoadFleet, returns_no_plan_on_error) {
    const FleetLoad loaded = load("[fleet]\n");
    EXPECT_FALSE(loaded.plan);
    EXPECT_FALSE(loaded.problems.empty());
}

TEST(LoadFleet, plans_despite_warnings) {
    const FleetLoad loaded = load(group_with("exclude = [\"eu-west-2\"]\n" + kPolicyLine));
    EXPECT_TRUE(loaded.plan);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(line_of(loaded.problems[0]),
              "fleet.toml:9:12: warning: exclude lists 'eu-west-2', which is not in "
              "replicate_to");
}

TEST(LoadFleet, reports_toml_error_position) {
    EXPECT_THAT(
        diagnostics("[fleet]\nname = \"x\"\nname = \"y\"\n"),
        ElementsAre("fleet.toml:3:8: invalid TOML: key-value pair: cannot redefine existing "
                    "string 'name' (a key may be defined only once)"));
    EXPECT_THAT(diagnostics("[fleet\n"), ElementsAre(StartsWith("fleet.toml:1:")));
}

TEST(LoadFleet, keeps_every_diagnostic_on_one_line) {
    EXPECT_THAT(
        diagnostics("a = tru\n"),
        ElementsAre("fleet.toml:1:8: invalid TOML: boolean: expected 'true', saw 'tru\\x0a'"));
}

TEST(LoadFleet, rejects_oversized_spec) {
    EXPECT_THAT(diagnostics(std::string((std::size_t{8} << 20) + 1, '\n')),
                ElementsAre(HasSubstr("more than the maximum of 8388608")));
}

TEST(LoadFleet, reports_missing_tables_in_empty_spec) {
    EXPECT_THAT(diagnostics(""),
                ElementsAre(HasSubstr("has no [[group]] of keys"), HasSubstr("has no [fleet]")));
}

TEST(LoadFleet, suggests_similar_key) {
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "exlude = []\n")),
                ElementsAre("fleet.toml:10:1: unknown key 'exlude' in group 'orders' (did you mean "
                            "'exclude'?)"));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "color = 1\n")),
                ElementsAre(HasSubstr(
                    "unknown key 'color' in group 'orders'; valid keys: account, "
                    "accounts, aliases, bypass_policy_lockout_safety_check, description")));
}

TEST(LoadFleet, explains_why_policy_is_required) {
    EXPECT_THAT(diagnostics(group_with("")),
                ElementsAre(AllOf(StartsWith("fleet.toml:5:1: group 'orders' has no policy"),
                                  HasSubstr("KMS does not copy the primary's policy"),
                                  HasSubstr("policy = \"default\""))));
}

TEST(LoadFleet, reports_each_error_once) {
    // An invalid primary must not also cause errors for every key ID and Region.
    EXPECT_THAT(diagnostics(R"([fleet]
name = "test"
account = "111122223333"
primary = "useast1"
[[group]]
name = "orders"
keys = ["mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-0987dcba09fe87dc65ba0987654321fe"]
replicate_to = ["eu-west-1"]
policy = "default"
)"),
                ElementsAre(StartsWith("fleet.toml:4:11: 'useast1' is not a Region code")));
}

TEST(LoadFleet, rejects_multiline_names) {
    EXPECT_THAT(diagnostics("[fleet]\nname = \"a\\nb\"\n[[group]]\n"),
                testing::Contains(StartsWith("fleet.toml:2:8: 'a\\x0ab' is not a valid name")));
}

TEST(LoadFleet, rejects_duplicate_group_names) {
    const std::string second = R"([[group]]
name = "orders"
keys = ["mrk-0987dcba09fe87dc65ba0987654321fe"]
replicate_to = ["eu-west-1"]
policy = "default"
)";
    EXPECT_THAT(diagnostics(group_with(kPolicyLine) + second),
                ElementsAre("fleet.toml:10:1: the group at fleet.toml:5:1 is also named "
                            "'orders'; group names must be unique"));
}

TEST(LoadFleet, limits_diagnostics_to_thousand) {
    std::string keys;
    for (int i = 0; i < 1003; ++i) {
        keys += "nokey" + std::to_string(i) + "\n";
    }
    const Files files{{"bad.keys", keys}};
    const auto lines = diagnostics(R"([fleet]
name = "test"
[[group]]
name = "orders"
keys_file = "bad.keys"
replicate_to = ["eu-west-1"]
policy = "default"
)",
                                   files);
    ASSERT_EQ(lines.size(), 1001U);
    EXPECT_THAT(lines.front(), StartsWith("bad.keys:1:1: 'nokey0'"));
    EXPECT_EQ(lines.back(), "fleet.toml:1:1: 3 more errors are not shown");
}

TEST(LoadFleet, reads_every_setting) {
    const Plan plan = plan_of(group_with(kPolicyLine + R"([limits]
share = 0.5
in_flight_max_per_endpoint = 7
in_flight_max = 70
[[limits.quota]]
region = "us-east-1"
ReplicateKey = 50
CreateKey = 12.5
GetKeyPolicy = 1500
ListAliases = 20
ListResourceTags = 30
[retry]
attempts_max = 3
transient_delay_base = "10ms"
throttle_delay_base = "2s"
delay_max = "1m"
malformed_policy_max = "0s"
[wait]
until_ready = false
ready_timeout = "1h"
poll_delay_min = "500ms"
poll_delay_max = "5s"
doubt_timeout = "1m"
park_timeout = "2h"
)"));
    const RunSettings& settings = plan.settings;
    EXPECT_EQ(settings.limits.share, 0.5);
    EXPECT_EQ(settings.limits.in_flight_max_per_endpoint, 7);
    EXPECT_EQ(settings.limits.in_flight_max, 70);
    ASSERT_EQ(settings.limits.overrides.size(), 5U);
    const io::AccountRegion place = primary_location(plan, plan.jobs[0]);
    EXPECT_EQ(settings.limits.quota_per_s(place, io::KmsApi::replicate_key), 50);
    EXPECT_EQ(settings.limits.quota_per_s(place, io::KmsApi::create_key), 12.5);
    EXPECT_EQ(settings.limits.quota_per_s(place, io::KmsApi::get_key_policy), 1500);
    EXPECT_EQ(settings.limits.quota_per_s(place, io::KmsApi::list_aliases), 20);
    EXPECT_EQ(settings.limits.quota_per_s(place, io::KmsApi::list_resource_tags), 30);
    EXPECT_EQ(settings.retry.attempts_max, 3);
    EXPECT_EQ(settings.retry.transient_delay_base, std::chrono::milliseconds(10));
    EXPECT_EQ(settings.retry.throttle_delay_base, std::chrono::seconds(2));
    EXPECT_EQ(settings.retry.delay_max, std::chrono::minutes(1));
    EXPECT_EQ(settings.retry.malformed_policy_max, std::chrono::seconds(0));
    EXPECT_FALSE(settings.wait.until_ready);
    EXPECT_EQ(settings.wait.ready_timeout, std::chrono::hours(1));
    EXPECT_EQ(settings.wait.poll_delay_min, std::chrono::milliseconds(500));
    EXPECT_EQ(settings.wait.poll_delay_max, std::chrono::seconds(5));
    EXPECT_EQ(settings.wait.doubt_timeout, std::chrono::minutes(1));
    EXPECT_EQ(settings.wait.park_timeout, std::chrono::hours(2));
}

TEST(LoadFleet, checks_setting_ranges) {
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + R"([limits]
share = 1.5
in_flight_max = 0
[[limits.quota]]
region = "us-east-1"
[[limits.quota]]
ReplicateKey = inf
[retry]
delay_max = "10ms"
[wait]
poll_delay_min = "1 second"
poll_delay_max = "200ms"
park_timeout = "25h"
)")),
                ElementsAre(HasSubstr("11:9: share in [limits] must be a number greater than 0 and "
                                      "at most 1, not 1.5"),
                            HasSubstr("12:17: in_flight_max in [limits] must be a whole number "
                                      "from 1 to 10000, not 0"),
                            HasSubstr("13:1: [[limits.quota]] names no operation"),
                            HasSubstr("16:16: ReplicateKey in [[limits.quota]] must be a number"),
                            HasSubstr("18:13: delay_max in [retry] must not be less than"),
                            HasSubstr("20:18: poll_delay_min in [wait]: '1 second' is not a "
                                      "duration"),
                            HasSubstr("21:18: poll_delay_max in [wait] must not be less than "
                                      "poll_delay_min"),
                            HasSubstr("22:16: park_timeout in [wait] must be from 1s to 24h")));
}

}  // namespace
}  // namespace keyferry::planner
