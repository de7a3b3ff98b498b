// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/fleet_scope.hpp"

#include "planner/plan/group_name.hpp"
#include "planner/spec/load_fleet.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Groups that select keys in three accounts, one that also selects keys in the second account, and
/// one that lists keys of the first and third.
planner::FleetSpec fleet() {
    std::string text = "[fleet]\nname = \"t\"\n";
    const auto add = [&](const char* name, const std::string& keys) {
        text += std::string("[[group]]\nname = \"") + name + "\"\npolicy = \"default\"\n" + keys +
                "\nreplicate_to = [\"eu-west-1\"]\n";
    };
    const auto selected = [](const char* account) {
        return std::string("select = \"all\"\nprimary = \"us-east-1\"\naccount = \"") + account +
               "\"";
    };
    add("a", selected("111122223333"));
    add("b", selected("222233334444"));
    add("c", selected("333344445555"));
    add("b2", selected("222233334444"));
    add("listed",
        "keys = [\"arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000001\", "
        "\"arn:aws:kms:us-east-1:333344445555:key/mrk-00000000000000000000000000000003\"]");
    planner::FleetLoad load = planner::load_fleet(
        text, "fleet.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
            return io::ParseProblem{"no files here"};
        });
    EXPECT_TRUE(load.unresolved.has_value());
    return std::move(load.unresolved.value().spec);
}

/// "group:number of listed keys" for each remaining group, or the error.
std::vector<std::string> left(const planner::PlanFilter& filter) {
    planner::FleetSpec spec = fleet();
    if (const auto problem = keep_accounts(spec, filter)) {
        return {problem->text};
    }
    std::vector<std::string> groups;
    for (const planner::FleetGroup& group : spec.groups) {
        groups.push_back(group.name + ":" + std::to_string(group.keys.size()));
    }
    return groups;
}

planner::PlanFilter shard(std::uint32_t number, std::uint32_t count) {
    planner::PlanFilter filter;
    filter.shard = number;
    filter.shards = count;
    return filter;
}

TEST(KeepAccounts, keeps_everything_without_a_filter) {
    EXPECT_THAT(left({}), ElementsAre("a:0", "b:0", "c:0", "b2:0", "listed:2"));
}

TEST(KeepAccounts, shard_keeps_the_groups_and_keys_of_its_accounts) {
    EXPECT_THAT(left(shard(1, 3)), ElementsAre("a:0", "listed:1"));
    EXPECT_THAT(left(shard(2, 3)), ElementsAre("b:0", "b2:0"));
    EXPECT_THAT(left(shard(1, 2)), ElementsAre("a:0", "c:0", "listed:2"));
    EXPECT_THAT(left(shard(1, 4)), ElementsAre(HasSubstr("the fleet has 3 accounts")));
}

TEST(KeepAccounts, group_keeps_other_groups_of_its_accounts) {
    planner::PlanFilter filter;
    filter.groups = {"b2"};
    EXPECT_THAT(left(filter), ElementsAre("b:0", "b2:0")) << "b takes precedence over b2";
    filter.groups = {"b3"};
    EXPECT_THAT(left(filter),
                ElementsAre("--group 'b3' matches none of the fleet's 5 groups (did "
                            "you mean 'b'?)"));
}

TEST(KeepAccounts, complete_arn_names_a_key_in_any_region) {
    planner::PlanFilter filter;
    filter.keys = {"arn:aws:kms:eu-west-1:333344445555:key/mrk-00000000000000000000000000000003"};
    EXPECT_THAT(left(filter), ElementsAre("c:0", "listed:1")) << "a listed key";
    filter.keys = {"arn:aws:kms:eu-west-1:222233334444:key/mrk-00000000000000000000000000000009"};
    EXPECT_THAT(left(filter), ElementsAre("b:0", "b2:0")) << "a key that may be selected";
}

TEST(KeepAccounts, group_without_account_keeps_the_group_in_each_account) {
    EXPECT_TRUE(planner::is_group_named("g@111122223333", "g"));
    EXPECT_TRUE(planner::is_group_named("g@111122223333", "g@111122223333"));
    EXPECT_FALSE(planner::is_group_named("g@eu", "g"));
    EXPECT_FALSE(planner::is_group_named("gg@111122223333", "g"));
}

TEST(KeepAccounts, key_keeps_the_accounts_that_may_have_it) {
    planner::PlanFilter filter;
    filter.keys = {"arn:aws:kms:us-east-1:333344445555:key/mrk-*"};
    EXPECT_THAT(left(filter), ElementsAre("c:0", "listed:1"));
    filter.keys = {"mrk-00000000000000000000000000000001"};
    EXPECT_THAT(left(filter), ElementsAre("a:0", "listed:1")) << "a listed key";
    filter.keys = {"mrk-0000000000000000000000000000000f"};
    EXPECT_THAT(left(filter), ElementsAre("a:0", "b:0", "c:0", "b2:0", "listed:2"));
}

TEST(KeepAccounts, refuses_filters_that_exclude_each_other) {
    planner::PlanFilter filter = shard(1, 3);
    filter.groups = {"b"};
    EXPECT_THAT(left(filter), ElementsAre(HasSubstr("no account of the fleet matches")));
}

}  // namespace
}  // namespace keyferry::cli
