// SPDX-License-Identifier: Apache-2.0
// Keys of a group: IDs, ARNs, key files and duplicates.
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A fleet with the given [fleet] settings and keys.
std::string keys_spec(const std::string& fleet_lines, const std::string& key_lines) {
    return "[fleet]\nname = \"t\"\n" + fleet_lines + "[[group]]\nname = \"g\"\n" + key_lines +
           "\nreplicate_to = [\"eu-west-1\"]\npolicy = \"default\"\n";
}

const std::string kHome = "account = \"111122223333\"\nprimary = \"us-east-1\"\n";
const std::string kId = "mrk-1234abcd12ab34cd56ef1234567890ab";
const std::string kOtherId = "mrk-0987dcba09fe87dc65ba0987654321fe";
const std::string kArn = "arn:aws:kms:us-east-1:111122223333:key/" + kId;

TEST(Keys, accept_arns_without_account_and_primary) {
    const Plan plan = plan_of(keys_spec("", "keys = [\"" + kArn + "\"]"));
    ASSERT_EQ(plan.keys.size(), 1U);
    EXPECT_EQ(plan.keys[0].primary.text(), kArn);
}

TEST(Keys, bare_ids_need_account_and_primary) {
    EXPECT_THAT(diagnostics(keys_spec("", "keys = [\"" + kId + "\", \"" + kOtherId + "\"]")),
                ElementsAre(HasSubstr("add account = \"...\" and primary = \"<Region>\" to "
                                      "group 'g' or to [fleet]")));
    EXPECT_THAT(diagnostics(keys_spec("account = \"111122223333\"\n", "keys = [\"" + kId + "\"]")),
                ElementsAre(HasSubstr("add primary = \"<Region>\" to")));
}

TEST(Keys, reject_other_identifiers) {
    EXPECT_THAT(diagnostics(keys_spec(
                    kHome,
                    "keys = [\"1234abcd-12ab-34cd-56ef-1234567890ab\", \"alias/orders\",\n"
                    "\"arn:aws:kms:us-east-1:111122223333:alias/orders\", 7]")),
                ElementsAre(AllOf(StartsWith("fleet.toml:7:9: "), HasSubstr("single-Region key")),
                            AllOf(StartsWith("fleet.toml:7:49: "), HasSubstr("is an alias")),
                            AllOf(StartsWith("fleet.toml:8:1: "), HasSubstr("names an alias")),
                            AllOf(StartsWith("fleet.toml:8:52: "),
                                  HasSubstr("must contain only strings"))));
}

TEST(Keys, must_match_configured_account_and_primary) {
    EXPECT_THAT(
        diagnostics(keys_spec("account = \"444455556666\"\n", "keys = [\"" + kArn + "\"]")),
        ElementsAre(HasSubstr("the ARN is in account 111122223333, but group 'g' has account = "
                              "\"444455556666\"")));
    EXPECT_THAT(diagnostics(keys_spec("", "primary = \"us-west-2\"\nkeys = [\"" + kArn + "\"]")),
                ElementsAre(HasSubstr("the ARN is in Region us-east-1, but group 'g' has primary "
                                      "= \"us-west-2\"")));
}

TEST(Keys, are_read_from_keys_file) {
    const Files files{{"lists/a.keys",
                       "\xef\xbb\xbf# a comment\r\n\r\n  " + kId + "  # the first\r\n" +
                           "arn:aws:kms:us-east-1:111122223333:key/" + kOtherId}};
    const FileReader reader = reader_of(files);
    const FleetLoad loaded =
        load_fleet(keys_spec(kHome, "keys_file = \"a.keys\""), "lists/fleet.toml", reader);
    ASSERT_TRUE(loaded.plan);
    EXPECT_EQ(loaded.plan->keys.size(), 2U);
    EXPECT_TRUE(loaded.problems.empty());
}

TEST(Keys, report_errors_at_position_in_keys_file) {
    const Files files{{"a.keys", "# keys\n" + kId + "\n  mrk-12\n"}};
    EXPECT_THAT(
        diagnostics(keys_spec(kHome, "keys_file = \"a.keys\""), files),
        ElementsAre(
            "a.keys:3:3: 'mrk-12' is not a key id: it has 2 characters after mrk-, expected 32"));
}

TEST(Keys, report_unreadable_keys_file_in_spec) {
    EXPECT_THAT(diagnostics(keys_spec(kHome, "keys_file = \"a.keys\"")),
                ElementsAre("fleet.toml:7:13: cannot read 'a.keys': No such file or directory"));
}

TEST(Keys, are_required) {
    EXPECT_THAT(diagnostics(keys_spec(kHome, "")),
                ElementsAre(HasSubstr("5:1: group 'g' has no keys: write")));
}

TEST(Keys, must_not_all_be_empty) {
    EXPECT_THAT(diagnostics(keys_spec(kHome, "keys = []")),
                ElementsAre(HasSubstr("the fleet has no keys"),
                            HasSubstr("warning: group 'g' has no keys: its list is empty")));
}

TEST(Keys, repeated_in_group_are_used_once) {
    const FleetLoad loaded =
        load(keys_spec(kHome, "keys = [\"" + kId + "\", \"" + kOtherId + "\", \"" + kArn + "\"]"));
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(line_of(loaded.problems[0]),
              "fleet.toml:7:89: warning: " + kId +
                  " is listed twice in this group, first at fleet.toml:7:9");
    ASSERT_TRUE(loaded.plan);
    EXPECT_EQ(loaded.plan->jobs.size(), 2U);
}

TEST(Keys, belong_to_one_group) {
    const std::string second = "[[group]]\nname = \"h\"\nkeys = [\"" + kId +
                               "\"]\nreplicate_to = [\"eu-west-2\"]\npolicy = \"default\"\n";
    EXPECT_THAT(diagnostics(keys_spec(kHome, "keys = [\"" + kId + "\"]") + second),
                ElementsAre(HasSubstr("12:9: " + kId +
                                      " is already in group 'g' "
                                      "(fleet.toml:7:9)")));
}

TEST(Keys, have_one_primary) {
    EXPECT_THAT(
        diagnostics(keys_spec(
            "",
            "keys = [\"" + kArn + "\", \"arn:aws:kms:us-west-2:111122223333:key/" + kId + "\"]")),
        ElementsAre(HasSubstr(
            "is listed with primary Region us-west-2 here but with us-east-1 at fleet.toml:5:9")));
}

TEST(Keys, in_different_accounts_may_share_id) {
    const Plan plan = plan_of(keys_spec(
        "", "keys = [\"" + kArn + "\", \"arn:aws:kms:us-east-1:444455556666:key/" + kId + "\"]"));
    EXPECT_EQ(plan.jobs.size(), 2U);
}

}  // namespace
}  // namespace keyferry::planner
