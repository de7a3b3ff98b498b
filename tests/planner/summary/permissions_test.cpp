// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/permissions.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <set>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

io::AccountId account_of(std::string_view digits) {
    return *io::AccountId::parse(digits);
}

const io::AccountId kAccount = account_of("111122223333");

std::optional<AccountPermissions> permissions_in(const io::AccountId& account, const Plan& plan) {
    for (AccountPermissions& permissions : permissions_of(plan)) {
        if (permissions.account == account) {
            return std::move(permissions);
        }
    }
    return std::nullopt;
}

std::vector<std::string> iam_policies(const Plan& plan, const io::AccountId& account) {
    return permissions_in(account, plan).value().policies;
}

/// A plan to replicate `keys` keys to two Regions, with `more` appended to the spec.
Plan plan_with(int keys, const std::string& more = "") {
    std::string spec = R"([fleet]
name = "f"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "g"
policy = "default"
replicate_to = ["eu-west-1", "eu-central-1"]
keys = [)";
    for (int k = 0; k < keys; ++k) {
        spec += fmt::format("\"mrk-{:032x}\",", k);
    }
    return plan_of(spec + "]\n" + more);
}

boost::json::array statements_of(const std::string& policy) {
    return boost::json::parse(policy).at("Statement").as_array();
}

std::string text(const boost::json::value& value) {
    return boost::json::serialize(value);
}

TEST(Permissions, allow_reading_copied_parts_of_primaries) {
    const auto policies = iam_policies(
        plan_of(group_with("policy = \"copy\"\ndescription = \"copy\"\ntags = \"copy\"\n")),
        kAccount);
    const boost::json::array statements = statements_of(policies.at(0));
    ASSERT_EQ(statements.size(), 7U);
    EXPECT_EQ(statements[2].at("Action"), "kms:TagResource");
    EXPECT_EQ(statements[3].at("Action"), "kms:PutKeyPolicy");
    for (const auto& [index, action] :
         {std::pair(5, "kms:GetKeyPolicy"), std::pair(6, "kms:ListResourceTags")}) {
        const boost::json::value& statement = statements.at(static_cast<std::size_t>(index));
        EXPECT_EQ(statement.at("Action"), action);
        EXPECT_EQ(
            text(statement.at("Resource")),
            R"(["arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"])");
        EXPECT_EQ(text(statement.at("Condition").at("StringEquals").at("aws:RequestedRegion")),
                  R"(["us-east-1"])");
    }
    EXPECT_EQ(statements_of(iam_policies(plan_of(group_with(kPolicyLine)), kAccount).at(0)).size(),
              3U);
    EXPECT_THAT(permissions_in(kAccount, plan_of(group_with("policy = \"copy\"\n")))
                    .value()
                    .scp_checklist.at(0),
                HasSubstr("kms:ReplicateKey, kms:GetKeyPolicy and kms:DescribeKey in us-east-1"));
}

TEST(Permissions, list_few_keys_individually) {
    const auto policies = iam_policies(plan_with(1), kAccount);
    ASSERT_THAT(policies, SizeIs(1));
    EXPECT_EQ(boost::json::parse(policies[0]).at("Version"), "2012-10-17");
    const boost::json::array statements = statements_of(policies[0]);
    ASSERT_EQ(statements.size(), 3U);
    EXPECT_EQ(
        text(statements[0]),
        R"({"Sid":"Replicate1","Effect":"Allow","Action":"kms:ReplicateKey","Resource":)"
        R"(["arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000000"],)"
        R"("Condition":{"StringEquals":{"kms:ReplicaRegion":["eu-central-1","eu-west-1"]}}})");
    EXPECT_EQ(
        text(statements[1]),
        R"({"Sid":"Create2","Effect":"Allow","Action":"kms:CreateKey","Resource":["*"],)"
        R"("Condition":{"StringEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}})");
    EXPECT_EQ(text(statements[2].at("Resource")),
              R"(["arn:aws:kms:*:111122223333:key/mrk-00000000000000000000000000000000"])");
    EXPECT_EQ(
        text(statements[2].at("Condition")),
        R"({"StringEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1","us-east-1"]}})");
}

TEST(Permissions, name_many_keys_by_region_and_type) {
    const std::string policy = iam_policies(plan_with(51), kAccount).at(0);
    EXPECT_THAT(policy, Not(HasSubstr("mrk-0")));
    EXPECT_EQ(text(statements_of(policy)[0]),
              R"({"Sid":"Replicate1","Effect":"Allow","Action":"kms:ReplicateKey","Resource":)"
              R"(["arn:aws:kms:us-east-1:111122223333:key/mrk-*"],"Condition":{"StringEquals":)"
              R"({"kms:MultiRegionKeyType":["PRIMARY"],)"
              R"("kms:ReplicaRegion":["eu-central-1","eu-west-1"]}}})");
    EXPECT_THAT(iam_policies(plan_with(50), kAccount).at(0), HasSubstr("mrk-0"));
}

TEST(Permissions, separate_keys_with_different_replica_regions) {
    const std::string policy = iam_policies(plan_with(1, R"([[group]]
name = "h"
policy = "default"
replicate_to = ["sa-east-1"]
keys = ["mrk-ffffffffffffffffffffffffffffffff"]
)"),
                                            kAccount)
                                   .at(0);
    const boost::json::array statements = statements_of(policy);
    ASSERT_EQ(statements.size(), 4U);
    EXPECT_THAT(text(statements[1].at("Resource")), HasSubstr("mrk-ffff"));
    EXPECT_THAT(text(statements[1].at("Condition")), Not(HasSubstr("eu-west-1")));
}

TEST(Permissions, allow_tagging_only_if_tags_are_sent) {
    EXPECT_THAT(iam_policies(plan_with(1), kAccount).at(0), Not(HasSubstr("kms:TagResource")));
    const Plan plan = plan_with(1, "tags = { a = \"1\" }\n");
    EXPECT_THAT(iam_policies(plan, kAccount).at(0), HasSubstr("\"kms:TagResource\""));
}

TEST(Permissions, use_account_and_partition) {
    const Plan plan = plan_with(1, R"([[group]]
name = "gov"
account = "444455556666"
primary = "us-gov-west-1"
policy = "default"
replicate_to = ["us-gov-east-1"]
keys = ["mrk-ffffffffffffffffffffffffffffffff"]
)");
    const std::string policy = iam_policies(plan, account_of("444455556666")).at(0);
    EXPECT_THAT(policy, HasSubstr("arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/mrk-ffff"));
    EXPECT_THAT(policy, Not(HasSubstr("111122223333")));
    EXPECT_THAT(policy, Not(HasSubstr("eu-west-1")));
    EXPECT_FALSE(permissions_in(account_of("999988887777"), plan));
}

TEST(Permissions, are_split_at_managed_policy_size) {
    const auto policies = iam_policies(plan_with(50), kAccount);
    ASSERT_THAT(policies, SizeIs(2));
    std::set<std::string> sids;
    for (const std::string& policy : policies) {
        EXPECT_LE(iam_characters(policy), kIamPolicyCharactersMax);
        for (const boost::json::value& statement : statements_of(policy)) {
            sids.insert(std::string(statement.at("Sid").as_string()));
        }
    }
    EXPECT_THAT(sids, ElementsAre("Create2", "ReadKeys3", "Replicate1"));
}

TEST(Permissions, count_characters_like_iam) {
    EXPECT_EQ(iam_characters("{\n  \"a\": 1\n}\n"), 7U);
}

TEST(Permissions, are_sorted_by_account) {
    const auto all = permissions_of(plan_with(1, R"([[group]]
name = "other"
account = "000055556666"
policy = "default"
replicate_to = ["eu-west-1"]
keys = ["mrk-ffffffffffffffffffffffffffffffff"]
)"));
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].account.digits(), "000055556666");
    EXPECT_EQ(all[1].account.digits(), "111122223333");
}

// Plan calls DescribeKey on primaries, and a run calls it on replicas.
TEST(Permissions, allow_describe_key_on_primaries_and_replicas) {
    const boost::json::array statements = statements_of(iam_policies(plan_with(51), kAccount)[0]);
    EXPECT_EQ(text(statements.back()),
              R"({"Sid":"ReadKeys3","Effect":"Allow","Action":"kms:DescribeKey","Resource":)"
              R"(["arn:aws:kms:*:111122223333:key/mrk-*"],"Condition":{"StringEquals":)"
              R"({"aws:RequestedRegion":["eu-central-1","eu-west-1","us-east-1"]}}})");
}

TEST(ScpChecklist, names_the_condition_keys_and_the_regions) {
    const auto lines = permissions_in(kAccount, plan_with(1)).value().scp_checklist;
    EXPECT_THAT(
        lines,
        ElementsAre(AllOf(HasSubstr("aws:RequestedRegion: must not deny kms:ReplicateKey and "
                                    "kms:DescribeKey in us-east-1, or kms:CreateKey and "
                                    "kms:DescribeKey in eu-central-1, eu-west-1"),
                          Not(HasSubstr("kms:TagResource"))),
                    HasSubstr("kms:ReplicaRegion: must not deny kms:ReplicateKey to "
                              "eu-central-1, eu-west-1"),
                    HasSubstr("kms:MultiRegion:"),
                    HasSubstr("kms:MultiRegionKeyType"),
                    HasSubstr("kms:KeySpec"),
                    HasSubstr("Resource control policies")));
}

TEST(ScpChecklist, names_the_condition_keys_of_what_the_spec_sets) {
    const auto lines =
        permissions_in(kAccount,
                       plan_of(group_with("policy = \"copy\"\ntags = { a = \"b\" }\n"
                                          "bypass_policy_lockout_safety_check = true\n")))
            .value()
            .scp_checklist;
    EXPECT_THAT(lines, testing::Contains(HasSubstr("aws:TagKeys")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("kms:BypassPolicyLockoutSafetyCheck")));
}

TEST(Permissions, allow_a_run_to_set_policies_of_replicas_only) {
    const auto statement_of = [](const std::string& lines) -> boost::json::value {
        for (const boost::json::value& statement :
             statements_of(iam_policies(plan_of(group_with(lines)), kAccount).at(0))) {
            if (statement.at("Action") == "kms:PutKeyPolicy") {
                return statement;
            }
        }
        return nullptr;
    };
    EXPECT_EQ(text(statement_of("policy = \"copy\"\n").at("Condition")),
              R"({"StringEquals":{"aws:RequestedRegion":["eu-west-1"],)"
              R"("kms:MultiRegionKeyType":["REPLICA"]}})");
    EXPECT_EQ(text(statement_of("policy = \"copy\"\n").at("Resource")),
              R"(["arn:aws:kms:*:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"])");
    EXPECT_TRUE(statement_of(kPolicyLine).is_null()) << "KMS's default policy allows the account";
    EXPECT_TRUE(
        statement_of("policy = \"copy\"\nbypass_policy_lockout_safety_check = true\n").is_null());
}

std::set<std::string> actions_of(const Plan& plan, PermittedWork work) {
    std::set<std::string> actions;
    const std::vector<AccountPermissions> all = permissions_of(plan, work);
    for (const std::string& policy : all.at(0).policies) {
        for (const auto& statement : statements_of(policy)) {
            actions.insert(std::string(statement.at("Action").as_string()));
        }
    }
    return actions;
}

TEST(Permissions, of_sync_allow_changing_only_what_the_spec_sets) {
    const auto more_than_a_run = [](const std::string& lines, PermittedWork work) {
        const Plan plan = plan_of(group_with(lines));
        std::set<std::string> more = actions_of(plan, work);
        for (const std::string& action : actions_of(plan, PermittedWork::plan_and_run)) {
            more.erase(action);
        }
        return more;
    };
    using Actions = std::set<std::string>;
    // The state is always set: true by default. An undo restores the other one.
    const auto with_states = [](Actions actions) {
        actions.insert({"kms:EnableKey", "kms:DisableKey"});
        return actions;
    };
    EXPECT_EQ(more_than_a_run(kPolicyLine, PermittedWork::sync), with_states({}));
    EXPECT_EQ(more_than_a_run(kPolicyLine + "description = \"d\"\n", PermittedWork::drift),
              Actions());
    EXPECT_EQ(more_than_a_run(kPolicyLine + "description = \"d\"\n", PermittedWork::sync),
              with_states({"kms:UpdateKeyDescription"}));
    EXPECT_EQ(more_than_a_run(kPolicyLine + "tags = { a = \"b\" }\n", PermittedWork::sync),
              with_states({"kms:ListResourceTags", "kms:UntagResource"}))
        << "a run already has permission to tag, and an undo removes tags";
    EXPECT_EQ(more_than_a_run("policy = \"copy\"\n", PermittedWork::sync), with_states({}))
        << "a run already has permission to set the policy";
    EXPECT_EQ(more_than_a_run("policy = \"copy\"\nbypass_policy_lockout_safety_check = true\n",
                              PermittedWork::sync),
              with_states({"kms:PutKeyPolicy"}));
    EXPECT_EQ(more_than_a_run(kPolicyLine + "aliases = [\"alias/x\"]\n", PermittedWork::drift),
              Actions({"kms:ListAliases"}));
    EXPECT_EQ(more_than_a_run(kPolicyLine + "aliases = [\"alias/x\"]\n", PermittedWork::sync),
              with_states({"kms:ListAliases", "kms:CreateAlias", "kms:DeleteAlias"}));
    for (const char* const enabled : {"true", "false", "\"copy\""}) {
        EXPECT_EQ(more_than_a_run(kPolicyLine + "enabled = " + enabled + "\n", PermittedWork::sync),
                  with_states({}));
        EXPECT_EQ(
            more_than_a_run(kPolicyLine + "enabled = " + enabled + "\n", PermittedWork::drift),
            Actions());
    }
}

TEST(Permissions, allow_replication_from_every_primary_region) {
    const std::string policy =
        permissions_of(plan_of("[fleet]\nname = \"t\"\naccount = \"111122223333\"\n"
                               "primary = [\"us-east-1\", \"eu-west-1\"]\n[[group]]\n"
                               "name = \"g\"\npolicy = \"default\"\n"
                               "keys = [\"mrk-1234abcd12ab34cd56ef1234567890ab\"]\n"))
            .at(0)
            .policies.at(0);
    for (const char* const place : {"us-east-1", "eu-west-1"}) {
        EXPECT_THAT(policy,
                    testing::HasSubstr(std::string("arn:aws:kms:") + place +
                                       ":111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"));
    }
}

TEST(Permissions, allow_creating_only_aliases_in_the_spec) {
    const auto resources = [](const std::string& aliases) {
        const Plan plan = plan_of(group_with(kPolicyLine + "aliases = " + aliases + "\n"));
        const std::string policy = permissions_of(plan, PermittedWork::sync).at(0).policies.at(0);
        std::string arns;
        for (const auto& statement : statements_of(policy)) {
            if (statement.at("Action") == "kms:CreateAlias") {
                arns += boost::json::serialize(statement.at("Resource"));
            }
        }
        return arns;
    };
    EXPECT_EQ(
        resources(R"(["alias/a-{key_id}"])"),
        R"(["arn:aws:kms:*:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"]["arn:aws:kms:*:111122223333:alias/a-*"])");
    EXPECT_EQ(
        resources("\"copy\""),
        R"(["arn:aws:kms:*:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"]["arn:aws:kms:*:111122223333:alias/*"])");
}

}  // namespace
}  // namespace keyferry::planner
