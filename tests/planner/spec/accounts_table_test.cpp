// SPDX-License-Identifier: Apache-2.0
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kRole = "role = \"arn:aws:iam::111122223333:role/ferry/keyferry\"\n";

std::string spec_with(const std::string& access) {
    return group_with(kPolicyLine) + "[accounts.111122223333]\n" + access;
}

AccountAccess access_of(const std::string& access, const Files& files = {}) {
    return plan_of(spec_with(access), files).settings.accounts.at(0);
}

TEST(AccountsTable, reads_all_settings) {
    const AccountAccess access =
        access_of("profile = \"payments\"\n" + kRole +
                  "external_id = \"e-1\"\nsession_name = \"ferry@host\"\nduration = \"30m\"\n"
                  "session_policy = { inline = '{\"Version\":\"2012-10-17\"}' }\n");
    EXPECT_EQ(access.account.digits(), "111122223333");
    EXPECT_EQ(access.profile, "payments");
    EXPECT_EQ(access.role, "arn:aws:iam::111122223333:role/ferry/keyferry");
    EXPECT_EQ(access.external_id, "e-1");
    EXPECT_EQ(access.session_name, "ferry@host");
    EXPECT_EQ(access.duration, std::chrono::minutes(30));
    EXPECT_EQ(access.session_policy, R"({"Version":"2012-10-17"})");
}

TEST(AccountsTable, reads_session_policy_from_file) {
    EXPECT_EQ(
        access_of(kRole + "session_policy = { file = \"narrow.json\" }\n", {{"narrow.json", "{}"}})
            .session_policy,
        "{}");
}

TEST(AccountsTable, does_not_change_plan_identity) {
    EXPECT_EQ(plan_of(spec_with(kRole)).sha256, plan_of(group_with(kPolicyLine)).sha256);
}

TEST(AccountsTable, requires_table_per_account_id) {
    EXPECT_THAT(
        diagnostics(group_with(kPolicyLine) + "[accounts.prod]\nprofile = \"a\"\n"),
        ElementsAre(HasSubstr("fleet.toml:10:11: unknown key 'prod' in [accounts]: settings of one "
                              "account belong in a table named after its ID")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine) + "[accounts]\n111122223333 = \"a\"\n"),
                ElementsAre(HasSubstr("fleet.toml:11:16: ")));
}

TEST(AccountsTable, warns_about_account_without_keys) {
    EXPECT_THAT(
        diagnostics(group_with(kPolicyLine) + "[accounts.444455556666]\nprofile = \"a\"\n"),
        ElementsAre(HasSubstr("10:11: warning: no group has keys in account 444455556666")));
}

TEST(AccountsTable, accepts_only_role_in_same_account) {
    for (const char* role : {"arn:aws:iam::444455556666:role/keyferry",
                             "arn:aws:iam::111122223333:user/keyferry",
                             "arn:aws:iam::111122223333:role/",
                             "keyferry",
                             "arn:aws:iam::111122223333:role/key ferry"}) {
        EXPECT_THAT(diagnostics(spec_with("role = \"" + std::string(role) + "\"\n")),
                    ElementsAre(HasSubstr("fleet.toml:11:8: ")))
            << role;
    }
    EXPECT_THAT(diagnostics(spec_with("role = \"arn:aws-cn:iam::111122223333:role/keyferry\"\n")),
                IsEmpty());
}

TEST(AccountsTable, reports_all_errors) {
    EXPECT_THAT(
        diagnostics(spec_with("profile = \"\"\n" + kRole +
                              "external_id = \"a b\"\nsession_name = \"x\"\nduration = \"1m\"\n"
                              "session_policy = { inline = 'no' }\nregion = \"eu-west-1\"\n")),
        ElementsAre(
            HasSubstr(":11:11: '' is not a valid profile name"),
            HasSubstr(":13:15: 'a b' is not a valid external_id: expected 2 to 1224 characters"),
            HasSubstr(":14:16: 'x' is not a valid session_name: expected 2 to 64 characters"),
            HasSubstr(":15:12: "),
            HasSubstr(":16:29: the session policy is not a JSON object"),
            HasSubstr(":17:1: ")));
}

TEST(AccountsTable, requires_role_for_role_settings) {
    EXPECT_THAT(
        diagnostics(spec_with("profile = \"a\"\nexternal_id = \"e-1\"\nduration = \"1h\"\n")),
        ElementsAre(HasSubstr(":12:15: external_id requires a role"),
                    HasSubstr(":13:12: duration requires a role")));
    EXPECT_THAT(diagnostics(spec_with("profile = \"a\"\nsession_policy = { inline = '{}' }\n")),
                IsEmpty())
        << "the profile may assume a role";
    EXPECT_THAT(diagnostics(spec_with("")), ElementsAre(HasSubstr("has neither profile nor role")));
}

TEST(AccountsTable, defaults_apply_to_accounts_without_a_table) {
    const std::string groups = group_with(kPolicyLine) +
                               "[[group]]\nname = \"other\"\naccount = \"444455556666\"\n"
                               "keys = [\"mrk-2234abcd12ab34cd56ef1234567890ab\"]\n"
                               "replicate_to = [\"eu-west-1\"]\npolicy = \"default\"\n";
    const Plan plan = plan_of(groups +
                              "[accounts]\nrole = \"arn:aws:iam::{account}:role/ferry-{account}\"\n"
                              "profile = \"hub-{account}\"\nexternal_id = \"e-1\"\n"
                              "[accounts.444455556666]\nprofile = \"own\"\n");
    const std::vector<AccountAccess>& accounts = plan.settings.accounts;
    ASSERT_EQ(accounts.size(), 2U);
    EXPECT_EQ(accounts[0].profile, "own");
    EXPECT_EQ(accounts[0].role, "");
    EXPECT_EQ(accounts[1].account.digits(), "111122223333");
    EXPECT_EQ(accounts[1].role, "arn:aws:iam::111122223333:role/ferry-111122223333");
    EXPECT_EQ(accounts[1].profile, "hub-111122223333");
    EXPECT_EQ(accounts[1].external_id, "e-1");
}

TEST(AccountsTable, default_role_must_contain_the_account) {
    for (const char* role : {"arn:aws:iam::111122223333:role/ferry",
                             "arn:aws:iam::{account}:role/",
                             "arn:aws:iam::{region}:role/ferry",
                             "{account}"}) {
        EXPECT_THAT(
            diagnostics(group_with(kPolicyLine) + "[accounts]\nrole = \"" + role + "\"\n"),
            ElementsAre(AllOf(HasSubstr("fleet.toml:11:8: "),
                              HasSubstr("expected \"arn:aws:iam::{account}:role/<name>\""))))
            << role;
    }
    EXPECT_THAT(diagnostics(spec_with("role = \"arn:aws:iam::{account}:role/ferry\"\n")),
                ElementsAre(HasSubstr("fleet.toml:11:8: ")));
    EXPECT_THAT(diagnostics(group_with(kPolicyLine) + "[accounts]\nexternal_id = \"e-1\"\n"),
                ElementsAre(HasSubstr("fleet.toml:11:15: external_id requires a role")));
}

TEST(AccountsTable, limits_session_policy_size) {
    EXPECT_THAT(diagnostics(spec_with(kRole + "session_policy = { inline = '{\"a\":\"" +
                                      std::string(2048, 'x') + "\"}' }\n")),
                ElementsAre(HasSubstr("is 2056 bytes; STS allows at most 2048")));
    EXPECT_THAT(
        diagnostics(spec_with(kRole + "session_policy = { inline = '{}', file = \"x\" }\n")),
        ElementsAre(HasSubstr("must have exactly one source")));
    EXPECT_THAT(diagnostics(spec_with(kRole + "session_policy = {}\n")),
                ElementsAre(HasSubstr("write session_policy = ")));
}

std::string spec_for_accounts(const std::string& group_lines) {
    return "[fleet]\nname = \"t\"\nprimary = \"us-east-1\"\n[[group]]\nname = \"g\"\n" +
           group_lines + "\nreplicate_to = [\"eu-west-1\"]\npolicy = \"default\"\n";
}

std::string arn_in(const std::string& account, char digit) {
    return "arn:aws:kms:us-east-1:" + account + ":key/mrk-" + std::string(32, digit);
}

TEST(GroupOfAccounts, is_the_group_for_each_account) {
    const Plan plan = plan_of(spec_for_accounts(
        "accounts = [\"111122223333\", \"444455556666\"]\nkeys = [\"" +
        arn_in("444455556666", 'a') + "\", \"" + arn_in("111122223333", 'b') + "\"]"));
    ASSERT_EQ(plan.groups.size(), 2U);
    EXPECT_EQ(plan.groups[0].name, "g@111122223333");
    EXPECT_EQ(plan.groups[1].name, "g@444455556666");
    ASSERT_EQ(plan.keys.size(), 2U);
    for (const PlannedKey& key : plan.keys) {
        EXPECT_EQ(plan.groups[key.group].name, "g@" + key.primary.account.digits());
    }
    const FleetLoad selecting = load(spec_for_accounts(
        "accounts = [\"111122223333\", \"444455556666\"]\nselect = { tags = { a = \"b\" } }"));
    ASSERT_TRUE(selecting.unresolved.has_value());
    const std::vector<FleetGroup>& groups = selecting.unresolved->spec.groups;
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[1].home->account.digits(), "444455556666");
    EXPECT_EQ(groups[1].home->region.name(), "us-east-1");
}

TEST(GroupOfAccounts, refuses_invalid_and_contradictory_settings) {
    const std::string all = "select = \"all\"";
    const std::string accounts = "accounts = [\"111122223333\"]\n";
    const auto only = [](const std::string& lines) {
        return diagnostics(spec_for_accounts(lines));
    };
    EXPECT_THAT(only("accounts = []\n" + all),
                ElementsAre(HasSubstr(":6:12: accounts in group 'g' is empty")));
    EXPECT_THAT(only("accounts = [\"111122223333\", \"111122223333\"]\n" + all),
                ElementsAre(HasSubstr(":6:29: account 111122223333 is listed twice")));
    EXPECT_THAT(only("accounts = [\"1\"]\n" + all), ElementsAre(HasSubstr(":6:13: ")));
    EXPECT_THAT(only(accounts + "account = \"111122223333\"\n" + all),
                ElementsAre(HasSubstr(":7:11: group 'g' has both account and accounts")));
    EXPECT_THAT(only(accounts + "keys = [\"mrk-1234abcd12ab34cd56ef1234567890ab\"]"),
                Contains(HasSubstr(":7:9: a key ID does not identify the key's account")));
    EXPECT_THAT(only(accounts + "keys = [\"" + arn_in("111122223333", 'a') + "\", \"" +
                     arn_in("444455556666", 'b') + "\"]"),
                ElementsAre(HasSubstr("the ARN is in account 444455556666, which is not one of")));
    EXPECT_THAT(only("accounts = [\"111122223333\", \"444455556666\"]\nkeys = [\"" +
                     arn_in("111122223333", 'a') + "\"]"),
                ElementsAre(HasSubstr(":6:29: group 'g' lists no keys of account 444455556666")));
}

}  // namespace
}  // namespace keyferry::planner
