// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/moved_primaries.hpp"

#include "planner/plan/plan_identity.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

io::Region region(const std::string& name) {
    return io::Region::parse(name).value();
}

std::vector<std::string> names(const std::vector<io::Region>& regions) {
    std::vector<std::string> names;
    for (const io::Region& each : regions) {
        names.push_back(each.name());
    }
    return names;
}

const std::string kFirstId = "mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string kSecondId = "mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

std::string spec(const std::string& fleet_lines = "", const std::string& key = kFirstId) {
    return "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n" +
           fleet_lines + "[[group]]\nname = \"g\"\npolicy = \"default\"\nkeys = [\"" + key +
           "\", \"" + kSecondId + "\"]\nreplicate_to = [\"eu-west-1\", \"us-west-2\"]\n";
}

MovedPrimary moved(const std::string& key, const std::string& to) {
    return MovedPrimary{io::KeyArn::parse("arn:aws:kms:us-east-1:111122223333:key/" + key).value(),
                        region(to)};
}

TEST(MovedPrimaries, all_other_wanted_regions_have_replicas) {
    const std::vector<io::Region> wanted = wanted_regions(
        {region("eu-west-1"), region("us-west-2")}, {region("us-east-1"), region("eu-west-1")}, {});
    EXPECT_THAT(names(wanted), ElementsAre("eu-west-1", "us-east-1", "us-west-2"));
    EXPECT_THAT(names(replica_regions(wanted, region("us-east-1"))),
                ElementsAre("eu-west-1", "us-west-2"));
    EXPECT_THAT(names(replica_regions(wanted, region("eu-west-1"))),
                ElementsAre("us-east-1", "us-west-2"));
    EXPECT_THAT(names(replica_regions(wanted, region("sa-east-1"))),
                ElementsAre("eu-west-1", "us-east-1", "us-west-2"));
}

TEST(MovedPrimaries, primary_regions_are_wanted_only_if_replicas_may_be_there) {
    EXPECT_THAT(
        names(wanted_regions({region("eu-west-1")}, {region("us-east-1")}, {"eu-*", "ap-*"})),
        ElementsAre("eu-west-1"));
    EXPECT_THAT(names(wanted_regions({region("eu-west-1")}, {region("us-east-1")}, {"*"})),
                ElementsAre("eu-west-1", "us-east-1"));
}

TEST(MovedPrimaries, exchange_regions_of_primary_and_replica) {
    Plan plan = plan_of(spec());
    const std::string before = plan.sha256;
    move_primaries(plan, {moved(kSecondId, "eu-west-1")});
    EXPECT_THAT(replicas_of(plan),
                ElementsAre("mrk-bbbb us-east-1",
                            "mrk-bbbb us-west-2",
                            "mrk-aaaa eu-west-1",
                            "mrk-aaaa us-west-2"));
    ASSERT_EQ(plan.moved_from.size(), 1U);
    EXPECT_EQ(stated_arn(plan, 0), moved(kSecondId, "eu-west-1").stated);
    EXPECT_EQ(stated_arn(plan, 1), plan.keys[1].primary);
    EXPECT_NE(plan.sha256, before);
    EXPECT_EQ(plan.sha256, plan_sha256(plan));
    ASSERT_EQ(moved_primaries(plan).size(), 1U);
    Plan again = plan_of(spec());
    move_primaries(again, moved_primaries(plan));
    EXPECT_EQ(again.sha256, plan.sha256);
}

TEST(MovedPrimaries, drop_regions_that_have_no_replicas_any_more) {
    Plan plan = plan_of(spec());
    move_primaries(plan, {moved(kFirstId, "eu-west-1"), moved(kSecondId, "eu-west-1")});
    EXPECT_THAT(names(plan.regions), ElementsAre("us-east-1", "us-west-2"));
    EXPECT_EQ(plan.jobs.size(), 4U);
}

TEST(MovedPrimaries, keep_all_wanted_regions_if_the_primary_left_them) {
    Plan plan = plan_of(spec());
    move_primaries(plan, {moved(kFirstId, "sa-east-1")});
    EXPECT_THAT(replicas_of(plan),
                ElementsAre("mrk-aaaa eu-west-1",
                            "mrk-aaaa us-east-1",
                            "mrk-aaaa us-west-2",
                            "mrk-bbbb eu-west-1",
                            "mrk-bbbb us-west-2"));
}

TEST(MovedPrimaries, never_replicate_to_excluded_regions) {
    Plan plan = plan_of(spec("allowed_regions = [\"eu-*\", \"us-west-*\"]\n"));
    move_primaries(plan, {moved(kFirstId, "eu-west-1")});
    EXPECT_THAT(replicas_of(plan),
                ElementsAre("mrk-aaaa us-west-2", "mrk-bbbb eu-west-1", "mrk-bbbb us-west-2"));
}

TEST(MovedPrimaries, ignore_keys_of_other_plans) {
    Plan plan = plan_of(spec());
    move_primaries(plan, {moved("mrk-cccccccccccccccccccccccccccccccc", "eu-west-1")});
    EXPECT_EQ(plan.sha256, plan_of(spec()).sha256);
    EXPECT_TRUE(plan.moved_from.empty());
}

TEST(MovedPrimaries, of_selected_keys_are_planned_where_they_are) {
    FleetLoad loaded = load(
        "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
        "[[group]]\nname = \"g\"\npolicy = \"default\"\nselect = \"all\"\n"
        "replicate_to = [\"eu-west-1\", \"us-west-2\"]\n");
    SelectedKey key(moved(kFirstId, "eu-west-1").stated.in(region("eu-west-1")));
    key.moved_from = region("us-east-1");
    const FleetLoad planned = plan_selected_keys(*std::move(loaded.unresolved), {key});
    ASSERT_TRUE(planned.plan);
    EXPECT_THAT(replicas_of(*planned.plan),
                ElementsAre("mrk-aaaa us-east-1", "mrk-aaaa us-west-2"));
    EXPECT_EQ(planned.plan->moved_from.size(), 1U);
}

TEST(ListedArns, may_be_in_replica_regions) {
    const std::string arn = "arn:aws:kms:eu-west-1:111122223333:key/" + kFirstId;
    EXPECT_EQ(plan_of(spec("", arn)).sha256, plan_of(spec()).sha256);
    EXPECT_THAT(diagnostics(spec("", "arn:aws:kms:sa-east-1:111122223333:key/" + kFirstId)),
                ElementsAre(HasSubstr("the ARN is in Region sa-east-1")));
}

}  // namespace
}  // namespace keyferry::planner
