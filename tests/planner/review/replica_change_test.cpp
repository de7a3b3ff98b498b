// SPDX-License-Identifier: Apache-2.0
// Changes of replicas as text, as JSON and as the values of a journal.
#include "planner/review/replica_change.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace keyferry::planner {
namespace {

io::KeyArn replica_in(const std::string& region) {
    return io::KeyArn::parse("arn:aws:kms:" + region +
                             ":111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
        .value();
}

SharedText text(const char* value) {
    return std::make_shared<const std::string>(value);
}

/// One change of each kind.
std::vector<ReplicaChange> all_kinds() {
    const io::KeyArn replica = replica_in("eu-west-1");
    std::vector<ReplicaChange> changes;
    ReplicaChange& description = changes.emplace_back(replica, io::KmsApi::update_key_description);
    description.from = text("theirs\n");
    description.to = text("m\xc3\xa9");
    changes.emplace_back(replica, io::KmsApi::untag_resource).tags = {
        TagChange("old", "x", std::nullopt)};
    changes.emplace_back(replica, io::KmsApi::tag_resource).tags = {
        TagChange("cost", "2", "1"), TagChange("team", std::nullopt, "cards")};
    changes.emplace_back(replica, io::KmsApi::create_alias).alias = "alias/new";
    changes.emplace_back(replica, io::KmsApi::delete_alias).alias = "alias/old";
    ReplicaChange& policy = changes.emplace_back(replica, io::KmsApi::put_key_policy);
    policy.from = text(R"({"Statement":[]})");
    policy.to = text("{}");
    policy.bypass_policy_lockout_safety_check = true;
    for (const auto& [action, from, to] :
         {std::tuple(io::KmsApi::enable_key, "Disabled", "Enabled"),
          {io::KmsApi::disable_key, "Enabled", "Disabled"}}) {
        ReplicaChange& state = changes.emplace_back(replica, action);
        state.from = text(from);
        state.to = text(to);
    }
    return changes;
}

TEST(ReplicaChange, value_is_parsed_back) {
    SharedTexts texts;
    for (const ReplicaChange& change : all_kinds()) {
        const std::string value = value_json(change);
        const std::optional<ReplicaChange> parsed =
            parse_change(change.replica, change.action, value, texts);
        ASSERT_TRUE(parsed) << value;
        EXPECT_TRUE(same_text(parsed->from, change.from)) << value;
        EXPECT_TRUE(same_text(parsed->to, change.to)) << value;
        EXPECT_EQ(parsed->tags, change.tags);
        EXPECT_EQ(parsed->alias, change.alias);
        EXPECT_EQ(parsed->bypass_policy_lockout_safety_check,
                  change.bypass_policy_lockout_safety_check);
        EXPECT_EQ(value_json(*parsed), value);
    }
}

TEST(ReplicaChange, value_has_the_documented_form) {
    const std::vector<ReplicaChange> changes = all_kinds();
    EXPECT_EQ(value_json(changes[0]), "{\"from\":\"theirs\\n\",\"to\":\"m\xc3\xa9\"}");
    EXPECT_EQ(value_json(changes[1]), R"({"tags":[{"key":"old","from":"x","to":null}]})");
    EXPECT_EQ(value_json(changes[3]), R"({"alias":"alias/new"})");
    EXPECT_EQ(value_json(changes[5]), R"({"from":"{\"Statement\":[]}","to":"{}","bypass":true})");
    EXPECT_EQ(value_json(changes[7]), R"({"from":"Enabled","to":"Disabled"})");
}

TEST(ReplicaChange, invalid_values_are_refused) {
    SharedTexts texts;
    const io::KeyArn replica = replica_in("eu-west-1");
    const auto parse = [&](io::KmsApi action, std::string_view value) {
        return parse_change(replica, action, value, texts).has_value();
    };
    EXPECT_FALSE(parse(io::KmsApi::put_key_policy, R"({"from":"{}"})"));
    EXPECT_FALSE(parse(io::KmsApi::put_key_policy, R"({"from":null,"to":"{}"})"));
    EXPECT_FALSE(parse(io::KmsApi::put_key_policy, R"({"from":"{}","to":"{}")"));
    EXPECT_FALSE(parse(io::KmsApi::create_alias, R"({"alias":""})"));
    EXPECT_FALSE(parse(io::KmsApi::tag_resource, R"({"tags":[]})"));
    EXPECT_FALSE(parse(io::KmsApi::tag_resource, R"({"tags":[{"key":"a","from":"b","to":null}]})"));
    EXPECT_FALSE(
        parse(io::KmsApi::untag_resource, R"({"tags":[{"key":"a","from":null,"to":"b"}]})"));
    EXPECT_FALSE(parse(io::KmsApi::enable_key, R"({"from":"Enabled","to":"Disabled"})"));
    EXPECT_FALSE(parse(io::KmsApi::replicate_key, R"({"from":"a","to":"b"})"));
}

TEST(ReplicaChange, identity_covers_replica_operation_and_values) {
    const std::string known = changes_sha256(all_kinds());
    EXPECT_EQ(known.size(), 64U);
    EXPECT_EQ(changes_sha256(all_kinds()), known);
    std::vector<ReplicaChange> changes = all_kinds();
    changes[0].from = text("other");
    EXPECT_NE(changes_sha256(changes), known);
    changes = all_kinds();
    changes[0].replica = replica_in("eu-central-1");
    EXPECT_NE(changes_sha256(changes), known);
    changes = all_kinds();
    changes[3].action = io::KmsApi::delete_alias;
    EXPECT_NE(changes_sha256(changes), known);
}

TEST(ReplicaChange, text_escapes_control_characters) {
    EXPECT_EQ(changes_text(all_kinds()),
              "mrk-1234abcd12ab34cd56ef1234567890ab in eu-west-1\n"
              "  description  'theirs\\x0a' -> 'm\\xc3\\xa9'\n"
              "  tag          'old': 'x' -> none\n"
              "  tag          'cost': '2' -> '1'\n"
              "  tag          'team': none -> 'cards'\n"
              "  alias        'alias/new'\n"
              "  alias        'alias/old' (delete)\n"
              "  policy       16 -> 2 bytes\n"
              "  state        'Disabled' -> 'Enabled'\n"
              "  state        'Enabled' -> 'Disabled'\n");
}

TEST(ReplicaChange, json_has_one_object_per_replica) {
    std::vector<ReplicaChange> changes = all_kinds();
    changes.emplace_back(replica_in("us-west-2"), io::KmsApi::create_alias).alias = "alias/new";
    const auto replicas = by_replica(changes);
    ASSERT_EQ(replicas.size(), 2U);
    EXPECT_EQ(changes_json(replicas[0]),
              R"({"key":"arn:aws:kms:eu-west-1:111122223333:key/)"
              R"(mrk-1234abcd12ab34cd56ef1234567890ab",)"
              "\"description\":{\"from\":\"theirs\\n\",\"to\":\"m\xc3\xa9\"},"
              R"("tags":[{"key":"old","from":"x","to":null},{"key":"cost","from":"2","to":"1"},)"
              R"({"key":"team","from":null,"to":"cards"}],"aliases":["alias/new"],)"
              R"("aliases_to_delete":["alias/old"],)"
              R"("policy":{"from":"{\"Statement\":[]}","to":"{}"},)"
              R"("state":{"from":"Enabled","to":"Disabled"}})");
}

}  // namespace
}  // namespace keyferry::planner
