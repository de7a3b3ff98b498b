// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/make_plan.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

const std::string kA = "mrk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string kB = "mrk-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const std::string kC = "mrk-cccccccccccccccccccccccccccccccc";

std::string group(const std::string& name, const std::string& rest) {
    return "[[group]]\nname = \"" + name + "\"\npolicy = \"default\"\n" + rest;
}

const std::string kFleet =
    "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n";

/// A plan with one group of these keys and Regions, both as TOML.
Plan plan_with(const std::string& keys, const std::string& regions, const std::string& more = "") {
    return plan_of(kFleet +
                   group("g", "keys = [" + keys + "]\nreplicate_to = [" + regions + "]\n" + more));
}

std::string quote(const std::string& text) {
    return "\"" + text + "\"";
}

TEST(MakePlan, sorts_jobs_by_key_and_region) {
    const Plan plan = plan_with(quote(kB) + "," + quote(kA), "\"us-west-2\", \"eu-west-1\"");
    EXPECT_THAT(replicas_of(plan),
                ElementsAre("mrk-aaaa eu-west-1",
                            "mrk-aaaa us-west-2",
                            "mrk-bbbb eu-west-1",
                            "mrk-bbbb us-west-2"));
}

TEST(MakePlan, ignores_order_of_spec) {
    const Plan one = plan_with(quote(kA) + "," + quote(kB), "\"us-west-2\", \"eu-west-1\"");
    const Plan other = plan_with(quote(kB) + "," + quote(kA), "\"eu-west-1\", \"us-west-2\"");
    EXPECT_EQ(one.jobs, other.jobs);
    EXPECT_EQ(one.sha256, other.sha256);
    EXPECT_THAT(one.sha256, MatchesRegex("[0-9a-f]{64}"));
}

TEST(MakePlan, uses_regions_of_each_group) {
    const Plan plan = plan_of(
        kFleet + group("x", "keys = [" + quote(kC) + "]\nreplicate_to = [\"us-west-2\"]\n") +
        group("y", "keys = [" + quote(kA) + "]\nreplicate_to = [\"eu-west-1\"]\n"));
    EXPECT_THAT(replicas_of(plan), ElementsAre("mrk-aaaa eu-west-1", "mrk-cccc us-west-2"));
    EXPECT_EQ(plan.groups[plan.keys[0].group].name, "y");
}

TEST(MakePlan, skips_primary_region_of_each_key) {
    const Plan plan =
        plan_of("[fleet]\nname = \"t\"\n[region_sets]\nall = [\"us-east-1\", \"eu-west-1\"]\n" +
                group("g",
                      "keys = [\"arn:aws:kms:us-east-1:111122223333:key/" + kA +
                          "\", \"arn:aws:kms:eu-west-1:111122223333:key/" + kB +
                          "\"]\nreplicate_to = [\"@all\"]\n"));
    // Keys are sorted by ARN: eu-west-1 comes before us-east-1.
    EXPECT_THAT(replicas_of(plan), ElementsAre("mrk-bbbb us-east-1", "mrk-aaaa eu-west-1"));
    EXPECT_EQ(primary_location(plan, plan.jobs[0]).region.name(), "eu-west-1");
    EXPECT_EQ(replica_location(plan, plan.jobs[0]).region.name(), "us-east-1");
    EXPECT_EQ(replica_location(plan, plan.jobs[0]).account.digits(), "111122223333");
}

TEST(MakePlan, sorts_keys_by_arn) {
    // IDs that differ in late digits, in early digits, and in digits versus letters; accounts and
    // Regions in an order that differs from the sorted order.
    const std::vector<std::string> ids{"mrk-0000000000000000000000000000000b",
                                       "mrk-0000000000000000000000000000000a",
                                       "mrk-f000000000000000000000000000000a",
                                       "mrk-9fffffffffffffff0000000000000000",
                                       "mrk-a0000000000000000000000000000000",
                                       "mrk-0000000000000001000000000000000a"};
    std::string keys;
    for (const char* home : {"us-east-1:999999999999",
                             "ap-east-1:111111111111",
                             "us-east-1:000000000001",
                             "ap-east-1:888888888888"}) {
        for (const std::string& id : ids) {
            keys += quote("arn:aws:kms:" + std::string(home) + ":key/" + id) + ",";
        }
    }
    const Plan plan =
        plan_of("[fleet]\nname = \"t\"\n" +
                group("g", "keys = [" + keys + "]\nreplicate_to = [\"eu-west-1\"]\n"));
    ASSERT_EQ(plan.keys.size(), 4 * ids.size());
    for (std::size_t k = 1; k < plan.keys.size(); ++k) {
        EXPECT_LT(plan.keys[k - 1].primary.text(), plan.keys[k].primary.text());
    }
}

TEST(PlanIdentity, depends_on_what_jobs_do) {
    const std::string key = quote(kA);
    const std::string base = plan_with(key, "\"eu-west-1\"").sha256;
    EXPECT_NE(plan_with(quote(kB), "\"eu-west-1\"").sha256, base);
    EXPECT_NE(plan_with(key, "\"eu-west-2\"").sha256, base);
    EXPECT_NE(plan_with(key, "\"eu-west-1\"", "description = \"\"\n").sha256, base);
    EXPECT_NE(plan_with(key, "\"eu-west-1\"", "tags = { a = \"b\" }\n").sha256, base);
    EXPECT_NE(plan_with(key, "\"eu-west-1\"", "tags = { ab = \"\" }\n").sha256,
              plan_with(key, "\"eu-west-1\"", "tags = { a = \"b\" }\n").sha256);
    EXPECT_NE(
        plan_with(key, "\"eu-west-1\"", "bypass_policy_lockout_safety_check = false\n").sha256,
        base);
}

TEST(PlanIdentity, ignores_names_groups_and_settings) {
    const std::string both =
        plan_with(quote(kA) + "," + quote(kB), "\"eu-west-1\"", "[limits]\nshare = 0.5\n").sha256;
    const std::string apart =
        plan_of("[fleet]\nname = \"other\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n" +
                group("b", "keys = [" + quote(kB) + "]\nreplicate_to = [\"eu-west-1\"]\n") +
                group("a", "keys = [" + quote(kA) + "]\nreplicate_to = [\"eu-west-1\"]\n"))
            .sha256;
    EXPECT_EQ(both, apart);
}

TEST(RequestDigest, covers_every_member) {
    io::ReplicateKeyRequest request("arn", "eu-west-1");
    std::string last = request_digest(request);
    EXPECT_THAT(last, MatchesRegex("[0-9a-f]{64}"));
    const auto changes = [&] {
        const std::string digest = request_digest(request);
        const bool changed = digest != last;
        last = digest;
        return changed;
    };
    EXPECT_FALSE(changes());
    request.policy = "";
    EXPECT_TRUE(changes());
    request.policy = "{}";
    EXPECT_TRUE(changes());
    request.description = "d";
    EXPECT_TRUE(changes());
    request.bypass_policy_lockout_safety_check = false;
    EXPECT_TRUE(changes());
    request.bypass_policy_lockout_safety_check = true;
    EXPECT_TRUE(changes());
    request.tags = {io::Tag("a", "b")};
    EXPECT_TRUE(changes());
    request.replica_region = "eu-west-2";
    EXPECT_TRUE(changes());
    request.key_id = "other";
    EXPECT_TRUE(changes());
}

}  // namespace
}  // namespace keyferry::planner
