// SPDX-License-Identifier: Apache-2.0
// Groups that select their keys: how a spec declares a selection, and which keys match.
#include "planner/fleet/key_selector.hpp"

#include "planner/plan/plan_identity.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A fleet with one group that lists no keys; `lines` belong to the group, from line 9 on.
std::string selecting(const std::string& lines) {
    return "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
           "[[group]]\nname = \"g\"\npolicy = \"default\"\nreplicate_to = [\"eu-west-1\"]\n" +
           lines;
}

KeySelector selector_of(const std::string& criteria) {
    FleetLoad loaded = load(selecting("select = { " + criteria + " }\n"));
    for (const Diagnostic& problem : loaded.problems) {
        ADD_FAILURE() << line_of(problem);
    }
    EXPECT_FALSE(loaded.plan);
    return loaded.unresolved ? *loaded.unresolved->spec.groups.at(0).select : KeySelector();
}

io::KeyMetadata primary_key() {
    io::KeyMetadata metadata("mrk-1234abcd12ab34cd56ef1234567890ab");
    metadata.key_state = io::KeyState::enabled;
    metadata.key_spec = "SYMMETRIC_DEFAULT";
    metadata.key_usage = "ENCRYPT_DECRYPT";
    metadata.origin = "AWS_KMS";
    metadata.key_manager = "CUSTOMER";
    metadata.creation_date_s = 1767225600;  // 2026-01-01
    metadata.multi_region = true;
    metadata.multi_region_configuration.emplace();
    metadata.multi_region_configuration->type = io::MultiRegionKeyType::primary;
    return metadata;
}

SelectedKey found(const std::string& digit, std::uint32_t group) {
    const std::string id = "mrk-" + std::string(32, digit[0]);
    SelectedKey key(io::KeyArn::parse("arn:aws:kms:us-east-1:111122223333:key/" + id).value());
    key.group = group;
    return key;
}

TEST(KeySelector, matches_only_customer_managed_multi_region_keys) {
    const KeySelector everything;
    EXPECT_TRUE(matches_metadata(everything, primary_key()));
    io::KeyMetadata replica = primary_key();
    replica.multi_region_configuration->type = io::MultiRegionKeyType::replica;
    EXPECT_TRUE(matches_metadata(everything, replica)) << "its primary may have moved";
    io::KeyMetadata single_region = primary_key();
    single_region.multi_region = false;
    EXPECT_FALSE(matches_metadata(everything, single_region));
    io::KeyMetadata of_aws = primary_key();
    of_aws.key_manager = "AWS";
    EXPECT_FALSE(matches_metadata(everything, of_aws));
    EXPECT_FALSE(matches_metadata(everything, io::KeyMetadata("mrk-1")));
}

TEST(KeySelector, requires_every_criterion) {
    const KeySelector selector = selector_of(
        "key_spec = [\"RSA_2048\", \"SYMMETRIC_DEFAULT\"], state = \"Enabled\", "
        "key_usage = \"ENCRYPT_DECRYPT\", origin = \"AWS_KMS\"");
    EXPECT_TRUE(matches_metadata(selector, primary_key()));
    io::KeyMetadata other = primary_key();
    other.key_spec = "HMAC_256";
    EXPECT_FALSE(matches_metadata(selector, other));
    other = primary_key();
    other.key_state = io::KeyState::updating;
    EXPECT_TRUE(matches_metadata(selector, other)) << "it is Enabled again in seconds";
    other.key_state = io::KeyState::disabled;
    EXPECT_FALSE(matches_metadata(selector, other));
    other = primary_key();
    other.key_usage.reset();
    EXPECT_FALSE(matches_metadata(selector, other)) << "a missing member must not match";
    other = primary_key();
    other.origin = "EXTERNAL";
    EXPECT_FALSE(matches_metadata(selector, other));
}

TEST(KeySelector, reads_dates_as_midnight_utc_or_with_offset) {
    const KeySelector selector =
        selector_of("created_from = 2026-01-01, created_before = 2026-01-02T01:30:00+01:30");
    EXPECT_EQ(selector.created_from_s, 1767225600);
    EXPECT_EQ(selector_of("created_from = \"2026-01-01\"").created_from_s, 1767225600);
    EXPECT_EQ(selector.created_until_s, 1767312000);
    io::KeyMetadata key = primary_key();
    EXPECT_TRUE(matches_metadata(selector, key));
    key.creation_date_s = 1767225599.9;
    EXPECT_FALSE(matches_metadata(selector, key));
    key.creation_date_s = 1767312000;
    EXPECT_FALSE(matches_metadata(selector, key));
    key.creation_date_s.reset();
    EXPECT_FALSE(matches_metadata(selector, key));
}

TEST(KeySelector, requires_one_matching_alias_and_every_tag) {
    const KeySelector selector = selector_of(
        "alias = [\"alias/orders/*\", \"cards-??\"], tags = { env = \"prod\", team = [\"a*\", "
        "\"b\"] }");
    EXPECT_TRUE(matches_aliases(selector, {"alias/x", "alias/orders/eu"}));
    EXPECT_TRUE(matches_aliases(selector, {"alias/cards-01"}));
    EXPECT_FALSE(matches_aliases(selector, {"alias/cards-001", "alias/order"}));
    EXPECT_FALSE(matches_aliases(selector, {}));
    EXPECT_TRUE(matches_tags(selector, {{"env", "prod"}, {"other", ""}, {"team", "b"}}));
    EXPECT_TRUE(matches_tags(selector, {{"env", "prod"}, {"team", "alpha"}}));
    EXPECT_FALSE(matches_tags(selector, {{"env", "prod"}}));
    EXPECT_FALSE(matches_tags(selector, {{"env", "Prod"}, {"team", "b"}}))
        << "matching is case-sensitive";
}

TEST(KeySelector, requires_explicit_all_for_every_key) {
    EXPECT_TRUE(load(selecting("select = \"all\"\n")).unresolved);
    EXPECT_THAT(diagnostics(selecting("select = {}\n")),
                ElementsAre(AllOf(StartsWith("fleet.toml:9:10: select has no criteria"),
                                  HasSubstr("select = \"all\""))));
    EXPECT_THAT(diagnostics(selecting("select = { except = [] }\n")),
                testing::Contains(HasSubstr("select has no criteria")));
    EXPECT_THAT(diagnostics(selecting("select = \"every\"\n")),
                ElementsAre(HasSubstr("must be a table of criteria")));
    EXPECT_THAT(diagnostics(selecting("")), ElementsAre(HasSubstr("select = { ... }")));
}

TEST(KeySelector, reports_errors_at_their_positions) {
    EXPECT_THAT(
        diagnostics(selecting("[group.select]\nstate = \"Enabeld\"\nkey_spec = \"RSA_2047\"\n"
                              "alias = []\ntags = { env = 3 }\ncreated_from = \"2026-02-30\"\n"
                              "created_before = 2026-01-01T00:00:00\nexcept = [\"mrk-1\"]\n"
                              "tag = \"x\"\n")),
        ElementsAre(AllOf(StartsWith("fleet.toml:10:9: 'Enabeld' is not a key state"),
                          HasSubstr("did you mean 'Enabled'?")),
                    AllOf(StartsWith("fleet.toml:11:12: warning: this version of keyferry does not "
                                     "recognize key_spec 'RSA_2047'"),
                          HasSubstr("did you mean 'RSA_2048'?")),
                    StartsWith("fleet.toml:12:9: alias in select of group 'g' is empty"),
                    StartsWith("fleet.toml:13:16: env in tags in select of group 'g' must be a "
                               "string or an array of strings"),
                    AllOf(StartsWith("fleet.toml:14:16: created_from"),
                          HasSubstr("must be a date (2026-01-31")),
                    StartsWith("fleet.toml:15:18: created_before"),
                    StartsWith("fleet.toml:16:11: "),
                    AllOf(StartsWith("fleet.toml:17:1: unknown key 'tag'"),
                          HasSubstr("did you mean 'tags'?"))));
    EXPECT_THAT(diagnostics(selecting("select = { created_from = 2026-02-01, "
                                      "created_before = 2026-02-01 }\n")),
                ElementsAre(HasSubstr("created_before must be later than created_from")));
}

TEST(KeySelector, requires_account_and_primary) {
    EXPECT_THAT(diagnostics("[fleet]\nname = \"t\"\n[[group]]\nname = \"g\"\npolicy = \"default\"\n"
                            "replicate_to = [\"eu-west-1\"]\nselect = \"all\"\n"),
                ElementsAre(AllOf(StartsWith("fleet.toml:7:10: group 'g' selects its keys"),
                                  HasSubstr("primary = \"<Region>\""))));
}

TEST(SelectedKeys, are_added_to_listed_keys) {
    FleetLoad loaded =
        load(selecting("select = \"all\"\nkeys = [\"mrk-" + std::string(32, 'a') + "\"]\n"));
    ASSERT_TRUE(loaded.unresolved);
    const FleetLoad planned =
        plan_selected_keys(*loaded.unresolved, {found("b", 0), found("c", 0)});
    ASSERT_TRUE(planned.plan);
    EXPECT_EQ(planned.plan->jobs.size(), 3U);
    ASSERT_EQ(planned.plan->selections.size(), 1U);
    EXPECT_TRUE(planned.plan->selections[0].is_resolved);
    const Plan offline = plan_listed_keys(*std::move(loaded.unresolved));
    EXPECT_EQ(offline.jobs.size(), 1U);
    EXPECT_FALSE(offline.selections.at(0).is_resolved);
}

TEST(SpecIdentity, depends_on_selection_not_on_existing_keys) {
    const auto identity = [](const std::string& lines) {
        FleetLoad loaded = load(selecting(lines));
        return loaded.unresolved ? loaded.unresolved->sha256 : "";
    };
    const std::string first = identity("select = { tags = { a = [\"x\", \"y\"] } }\n");
    EXPECT_EQ(first.size(), 64U);
    EXPECT_EQ(first, identity("select = { tags = { a = [\"y\", \"x\"] } }  # the same\n"));
    EXPECT_NE(first, identity("select = { tags = { a = [\"x\"] } }\n"));
    EXPECT_NE(first,
              identity("select = { tags = { a = [\"x\", \"y\"] } }\ntags = { t = \"1\" }\n"));
}

}  // namespace
}  // namespace keyferry::planner
