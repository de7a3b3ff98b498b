// SPDX-License-Identifier: Apache-2.0
// Replica Regions of a group: Regions, Region sets, exclusions, partitions.
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A fleet with one key in us-east-1. `sets` starts at line 6; `regions` are lines of the group.
std::string regions_spec(const std::string& sets, const std::string& regions) {
    return "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n" +
           std::string("[region_sets]\n") + sets +
           "[[group]]\nname = \"g\"\nkeys = [\"mrk-1234abcd12ab34cd56ef1234567890ab\"]\n" +
           "policy = \"default\"\n" + regions;
}

TEST(Regions, combine_sets_and_names_minus_excludes) {
    const Plan plan =
        plan_of(regions_spec("eu = [\"eu-west-1\", \"eu-central-1\"]\n",
                             "replicate_to = [\"us-west-2\", \"@eu\", \"ca-central-1\"]\n"
                             "exclude = [\"ca-central-1\"]\n"));
    EXPECT_THAT(replicas_of(plan),
                ElementsAre("mrk-1234 eu-central-1", "mrk-1234 eu-west-1", "mrk-1234 us-west-2"));
}

TEST(Regions, in_set_skip_primary_region) {
    const Plan plan = plan_of(
        regions_spec("all = [\"us-east-1\", \"eu-west-1\"]\n", "replicate_to = [\"@all\"]\n"));
    EXPECT_THAT(replicas_of(plan), ElementsAre("mrk-1234 eu-west-1"));
    ASSERT_EQ(plan.regions.size(), 1U);
}

TEST(Regions, listed_directly_must_not_be_primary_region) {
    EXPECT_THAT(diagnostics(regions_spec("", "replicate_to = [\"us-east-1\", \"eu-west-1\"]\n")),
                ElementsAre("fleet.toml:10:17: us-east-1 is the primary's own Region; remove it "
                            "(it is allowed only in a Region set, where it is skipped)"));
}

TEST(Regions, must_not_be_empty) {
    EXPECT_THAT(diagnostics(regions_spec("a = [\"us-east-1\"]\n", "replicate_to = [\"@a\"]\n")),
                ElementsAre(HasSubstr("has keys in us-east-1 and no other Region")));
    EXPECT_THAT(diagnostics(regions_spec("", "replicate_to = []\n")),
                ElementsAre(HasSubstr("replicate_to is empty")));
    EXPECT_THAT(diagnostics(regions_spec(
                    "", "replicate_to = [\"eu-west-1\"]\nexclude = [\"eu-west-1\"]\n")),
                ElementsAre(HasSubstr("exclude leaves no Region")));
    EXPECT_THAT(diagnostics(regions_spec("", "")),
                ElementsAre(HasSubstr("group 'g' has no replicate_to: list the replica Regions")));
}

TEST(Regions, must_be_well_formed) {
    EXPECT_THAT(diagnostics(regions_spec("", "replicate_to = [\"EU-West-1\"]\n")),
                ElementsAre(AllOf(StartsWith("fleet.toml:10:17: 'EU-West-1' is not a Region"),
                                  HasSubstr("did you mean 'eu-west-1'?"))));
}

TEST(Regions, warn_if_unknown) {
    EXPECT_THAT(
        diagnostics(regions_spec("", "replicate_to = [\"eu-wets-1\"]\n")),
        ElementsAre("fleet.toml:10:17: warning: this version of keyferry does not recognize "
                    "Region 'eu-wets-1' (did you mean 'eu-west-1'?)"));
}

TEST(Regions, must_be_in_partition_of_primary) {
    EXPECT_THAT(diagnostics(regions_spec("", "replicate_to = [\"cn-north-1\", \"eu-west-1\"]\n")),
                ElementsAre(HasSubstr("cn-north-1 is in partition aws-cn, but the primary's Region "
                                      "us-east-1 is in aws")));
    EXPECT_THAT(diagnostics(regions_spec("w = [\"us-gov-west-1\"]\n",
                                         "replicate_to = [\"@w\", \"eu-west-1\"]\n")),
                ElementsAre(HasSubstr(":11:17: @w: us-gov-west-1 is in partition aws-us-gov")));
}

TEST(Regions, from_sets_need_at_sign) {
    const std::string sets = "dr = [\"eu-west-1\"]\n";
    EXPECT_THAT(diagnostics(regions_spec(sets, "replicate_to = [\"dr\", \"@dr\"]\n")),
                ElementsAre("fleet.toml:11:17: 'dr' is a Region set; write \"@dr\""));
    EXPECT_THAT(
        diagnostics(regions_spec(sets, "replicate_to = [\"@dr\", \"@rd\"]\n")),
        ElementsAre("fleet.toml:11:24: [region_sets] has no set 'rd' (did you mean 'dr'?)"));
}

TEST(Regions, in_sets_are_checked) {
    EXPECT_THAT(
        diagnostics(regions_spec("a = []\nb = [\"@a\"]\nc = [\"eu-west-1\", \"eu-west-1\"]\n",
                                 "replicate_to = [\"@c\"]\n")),
        ElementsAre("fleet.toml:6:1: the Region set 'a' is empty",
                    "fleet.toml:6:1: warning: no group uses the Region set 'a'",
                    "fleet.toml:7:1: warning: no group uses the Region set 'b'",
                    "fleet.toml:7:6: a Region set can contain only Regions, not other sets",
                    "fleet.toml:8:19: warning: Region eu-west-1 is listed twice"));
}

/// Like regions_spec(), with allowed_regions as line 5, so that later lines move down by one.
std::string fleet_within(const std::string& allowed,
                         const std::string& sets,
                         const std::string& regions) {
    std::string spec = regions_spec(sets, regions);
    return spec.insert(spec.find("[region_sets]"), "allowed_regions = " + allowed + "\n");
}

TEST(Regions, must_match_allowed_regions) {
    EXPECT_THAT(
        diagnostics(fleet_within("[\"eu-*\", \"us-west-?\"]",
                                 "w = [\"ca-central-1\", \"eu-west-2\"]\n",
                                 "replicate_to = [\"eu-west-1\", \"ap-south-1\", \"@w\"]\n")),
        ElementsAre("fleet.toml:12:30: ap-south-1 is not in allowed_regions of [fleet] "
                    "(eu-*, us-west-?)",
                    "fleet.toml:12:44: @w: ca-central-1 is not in allowed_regions of "
                    "[fleet] (eu-*, us-west-?)"));
    const Plan plan =
        plan_of(fleet_within("[\"eu-*\", \"us-west-?\"]", "", "replicate_to = [\"us-west-2\"]\n"));
    EXPECT_THAT(plan.allowed_regions, ElementsAre("eu-*", "us-west-?"));
}

TEST(Regions, of_primary_need_not_be_allowed) {
    EXPECT_THAT(
        diagnostics(fleet_within(
            "[\"eu-*\"]", "a = [\"us-east-1\", \"eu-west-1\"]\n", "replicate_to = [\"@a\"]\n")),
        IsEmpty());
}

TEST(Regions, allowed_patterns_are_checked) {
    EXPECT_THAT(diagnostics(fleet_within("[\"EU\"]", "", "replicate_to = [\"eu-west-1\"]\n")),
                ElementsAre("fleet.toml:5:20: 'EU' is neither a Region nor a Region pattern: write "
                            "\"eu-west-1\" or \"eu-*\""));
    EXPECT_THAT(diagnostics(fleet_within("[]", "", "replicate_to = [\"eu-west-1\"]\n")),
                ElementsAre(HasSubstr("fleet.toml:5:19: allowed_regions is empty")));
}

TEST(Regions, listed_twice_are_used_once) {
    const FleetLoad loaded =
        load(regions_spec("", "replicate_to = [\"eu-west-1\", \"eu-west-1\"]\n"));
    ASSERT_TRUE(loaded.plan);
    EXPECT_EQ(loaded.plan->jobs.size(), 1U);
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(line_of(loaded.problems[0]),
              "fleet.toml:10:30: warning: Region eu-west-1 is listed twice");
}

std::string spec_with_primaries(const std::string& primaries, const std::string& lines) {
    return "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = " + primaries +
           "\n[[group]]\nname = \"g\"\npolicy = \"default\"\n" + lines;
}

constexpr const char* kOneKey = "keys = [\"mrk-1234abcd12ab34cd56ef1234567890ab\"]\n";

TEST(PrimaryRegions, and_replica_regions_are_all_wanted) {
    const std::string both = "[\"us-east-1\", \"eu-west-1\"]";
    const Plan plan = plan_of(
        spec_with_primaries(both, std::string(kOneKey) + "replicate_to = [\"us-west-2\"]\n"));
    EXPECT_EQ(plan.keys.at(0).primary.region.name(), "us-east-1") << "the first, until looked up";
    EXPECT_THAT(replicas_of(plan), ElementsAre("mrk-1234 eu-west-1", "mrk-1234 us-west-2"));
    const Plan pair = plan_of(spec_with_primaries(both, kOneKey));
    EXPECT_THAT(replicas_of(pair), ElementsAre("mrk-1234 eu-west-1"));
    const Plan arn = plan_of(spec_with_primaries(
        both,
        "keys = [\"arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab\"]"
        "\nreplicate_to = [\"us-west-2\"]\n"));
    EXPECT_THAT(replicas_of(arn), ElementsAre("mrk-1234 us-east-1", "mrk-1234 us-west-2"));
}

TEST(PrimaryRegions, of_one_element_are_one_region) {
    const std::string lines = std::string(kOneKey) + "replicate_to = [\"eu-west-1\"]\n";
    EXPECT_EQ(plan_of(spec_with_primaries("[\"us-east-1\"]", lines)).sha256,
              plan_of(spec_with_primaries("\"us-east-1\"", lines)).sha256);
}

TEST(PrimaryRegions, are_checked) {
    const auto problems = [](const std::string& primaries, const std::string& lines = "") {
        return diagnostics(spec_with_primaries(
            primaries, kOneKey + (lines.empty() ? "replicate_to = [\"us-west-2\"]\n" : lines)));
    };
    EXPECT_THAT(problems("[]"), Contains(HasSubstr("primary of [fleet] is empty")));
    EXPECT_THAT(problems("[\"us-east-1\", \"us-east-1\"]"),
                Contains(HasSubstr("us-east-1 is listed twice")));
    EXPECT_THAT(problems("[\"us-east-1\", \"cn-north-1\"]"),
                Contains(HasSubstr("in different partitions")));
    EXPECT_THAT(problems("[\"us-east-1\", \"eu-west-1\"]",
                         "replicate_to = [\"eu-west-1\", \"us-west-2\"]\n"),
                ElementsAre(HasSubstr("eu-west-1 is the primary's own Region")));
    EXPECT_THAT(diagnostics("[fleet]\nname = \"t\"\naccount = \"111122223333\"\n"
                            "primary = [\"us-east-1\", \"eu-west-1\"]\nallowed_regions = "
                            "[\"us-*\"]\n[[group]]\nname = \"g\"\npolicy = \"default\"\n" +
                            std::string(kOneKey) + "replicate_to = [\"us-west-2\"]\n"),
                ElementsAre(HasSubstr("replicas in eu-west-1, which is not in allowed_regions")));
}

}  // namespace
}  // namespace keyferry::planner
