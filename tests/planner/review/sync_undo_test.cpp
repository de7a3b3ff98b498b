// SPDX-License-Identifier: Apache-2.0
// The values that an undo restores, given the changes of syncs and the current values.
#include "planner/review/sync_undo.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint8_t kEveryPart =
    sync_policy | sync_tags | sync_description | sync_aliases | sync_enabled;

const io::KeyArn& undone() {
    static const io::KeyArn arn =
        io::KeyArn::parse(
            "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
            .value();
    return arn;
}

SharedText shared(const std::string& value) {
    return std::make_shared<const std::string>(value);
}

ReplicaChange text_change(io::KmsApi action, const std::string& from, const std::string& to) {
    ReplicaChange change(undone(), action);
    change.from = shared(from);
    change.to = shared(to);
    return change;
}

ReplicaChange description(const std::string& from, const std::string& to) {
    return text_change(io::KmsApi::update_key_description, from, to);
}

ReplicaChange tags(std::vector<TagChange> changes) {
    ReplicaChange change(undone(), io::KmsApi::tag_resource);
    change.tags = std::move(changes);
    return change;
}

ReplicaChange alias(io::KmsApi action, const std::string& name) {
    ReplicaChange change(undone(), action);
    change.alias = name;
    return change;
}

/// A replica whose properties could all be read.
ReplicaNow now_with(const std::string& description_now,
                    std::vector<io::Tag> tags_now = {},
                    std::vector<std::string> aliases_now = {},
                    const std::string& policy_now = "{}") {
    ReplicaNow now;
    now.description = now.policy = now.tags = now.aliases = LookupStatus::found;
    now.content.description = description_now;
    now.content.tags = std::move(tags_now);
    now.content.policy = shared(policy_now);
    now.alias_names = std::move(aliases_now);
    return now;
}

UndoPlan undo_of(const std::vector<ReplicaChange>& changes,
                 const ReplicaNow& now,
                 std::uint8_t parts = kEveryPart) {
    SharedTexts texts;
    UndoPlan plan;
    for (const ChangedReplica& each : changed_replicas(changes, parts)) {
        add_undo(each, now, texts, plan);
    }
    return plan;
}

TEST(SyncUndo, restores_every_part_and_ends_with_the_policy) {
    ReplicaChange policy =
        text_change(io::KmsApi::put_key_policy, R"({"Statement":[]})", R"({"Statement":"new"})");
    policy.bypass_policy_lockout_safety_check = true;
    const UndoPlan plan =
        undo_of({description("old", "new"),
                 tags({TagChange("team", "payments", "cards"), TagChange("owner", {}, "me")}),
                 alias(io::KmsApi::create_alias, "alias/a"),
                 policy},
                now_with("new",
                         {io::Tag("owner", "me"), io::Tag("team", "cards")},
                         {"alias/a", "alias/b"},
                         R"({"Statement":"new"})"));
    EXPECT_THAT(plan.skipped, IsEmpty());
    ASSERT_THAT(plan.changes, SizeIs(5));
    EXPECT_EQ(*plan.changes[0].to, "old");
    EXPECT_EQ(plan.changes[1].action, io::KmsApi::untag_resource);
    EXPECT_THAT(plan.changes[1].tags, ElementsAre(TagChange("owner", "me", std::nullopt)));
    EXPECT_EQ(plan.changes[2].action, io::KmsApi::tag_resource);
    EXPECT_THAT(plan.changes[2].tags, ElementsAre(TagChange("team", "cards", "payments")));
    EXPECT_EQ(plan.changes[3].action, io::KmsApi::delete_alias);
    EXPECT_EQ(plan.changes[3].alias, "alias/a");
    EXPECT_EQ(plan.changes[4].action, io::KmsApi::put_key_policy);
    EXPECT_EQ(*plan.changes[4].to, R"({"Statement":[]})");
    EXPECT_EQ(plan.changes[4].bypass_policy_lockout_safety_check, true);
}

TEST(SyncUndo, leaves_values_set_by_other_callers_unchanged) {
    const UndoPlan plan = undo_of(
        {description("old", "new"), tags({TagChange("a", "1", "2"), TagChange("b", {}, "2")})},
        now_with("theirs", {io::Tag("b", "3")}));
    EXPECT_THAT(plan.changes, IsEmpty());
    ASSERT_THAT(plan.skipped, SizeIs(3)) << "including the tag that another caller has removed";
    EXPECT_EQ(plan.skipped[0].part, sync_description);
    EXPECT_EQ(plan.skipped[1].name, "a");
    EXPECT_EQ(plan.skipped[2].name, "b");
    EXPECT_EQ(reason_text(plan.skipped[0]), "changed since by another caller or a later sync");
}

TEST(SyncUndo, does_nothing_if_the_previous_value_is_already_restored) {
    const UndoPlan plan = undo_of({description("old", "new"),
                                   tags({TagChange("b", {}, "2")}),
                                   alias(io::KmsApi::create_alias, "alias/of-another-key-now")},
                                  now_with("old"));
    EXPECT_THAT(plan.changes, IsEmpty());
    EXPECT_THAT(plan.skipped, IsEmpty());
    EXPECT_EQ(plan.unchanged, 3U);
}

TEST(SyncUndo, several_syncs_are_undone_to_the_oldest_value) {
    const std::vector<ReplicaChange> changes{
        description("a", "b"), description("a", "c"), description("c", "d")};
    for (const char* ours : {"b", "c", "d"}) {
        const UndoPlan plan = undo_of(changes, now_with(ours));
        ASSERT_THAT(plan.changes, SizeIs(1)) << "any of the syncs might not have taken effect";
        EXPECT_EQ(*plan.changes[0].to, "a");
        EXPECT_EQ(*plan.changes[0].from, ours);
    }
    EXPECT_THAT(undo_of(changes, now_with("theirs")).skipped, SizeIs(1));
}

TEST(SyncUndo, never_restores_a_value_between_two_syncs) {
    // The second sync appears to be older, because the clock was set back between the two.
    const UndoPlan plan = undo_of({description("b", "c"),
                                   tags({TagChange("t", "2", "3")}),
                                   description("a", "b"),
                                   tags({TagChange("t", {}, "2")})},
                                  now_with("c", {io::Tag("t", "3")}));
    EXPECT_THAT(plan.skipped, IsEmpty());
    ASSERT_THAT(plan.changes, SizeIs(2));
    EXPECT_EQ(*plan.changes[0].to, "a");
    EXPECT_EQ(plan.changes[1].action, io::KmsApi::untag_resource);
}

TEST(SyncUndo, finds_the_order_of_several_syncs_while_the_clock_was_set_back) {
    // The true order is a to b, b to c, c to d.
    for (const auto& changes :
         {std::vector{description("c", "d"), description("a", "b"), description("b", "c")},
          std::vector{description("b", "c"), description("c", "d"), description("a", "b")},
          std::vector{description("a", "b"), description("c", "d"), description("b", "c")}}) {
        const UndoPlan plan = undo_of(changes, now_with("d"));
        EXPECT_THAT(plan.skipped, IsEmpty());
        ASSERT_THAT(plan.changes, SizeIs(1));
        EXPECT_EQ(*plan.changes[0].to, "a");
        EXPECT_TRUE(shows_syncs(changed_replicas(changes, kEveryPart).at(0), now_with("d")));
    }
}

TEST(SyncUndo, restores_nothing_if_several_orders_of_the_syncs_are_possible) {
    // Either a, b, a, c or b, a, c: the oldest value is a or b.
    const std::vector<ReplicaChange> changes{
        description("a", "c"), description("b", "a"), description("a", "b")};
    EXPECT_THAT(undo_of(changes, now_with("c")).skipped, SizeIs(1));
}

TEST(SyncUndo, skips_values_about_which_journals_contradict_each_other) {
    const std::vector<ReplicaChange> changes{
        description("a", "b"), tags({TagChange("t", "1", "2")}), description("c", "d")};
    for (const char* now : {"a", "b", "c", "d"}) {
        const UndoPlan plan = undo_of(changes, now_with(now, {io::Tag("t", "2")}));
        ASSERT_THAT(plan.skipped, SizeIs(1)) << now;
        EXPECT_EQ(plan.skipped[0].part, sync_description);
        EXPECT_THAT(std::string(reason_text(plan.skipped[0])),
                    testing::StartsWith("the journals contradict each other"));
        ASSERT_THAT(plan.changes, SizeIs(1)) << "the tag is restored";
        EXPECT_EQ(plan.changes[0].action, io::KmsApi::tag_resource);
    }
}

TEST(SyncUndo, lists_values_that_no_record_accounts_for) {
    const std::vector<ReplicaChange> unrecorded{description("a", "b"),
                                                tags({TagChange("t", "1", "2")})};
    const std::vector<ChangedReplica> replicas = changed_replicas(unrecorded, kEveryPart);
    UndoPlan plan;
    add_unrecorded(replicas.at(0), now_with("b", {io::Tag("t", "1")}), plan);
    EXPECT_THAT(plan.changes, IsEmpty());
    ASSERT_THAT(plan.skipped, SizeIs(1)) << "the tag was not set";
    EXPECT_EQ(plan.skipped[0].part, sync_description);
    EXPECT_THAT(std::string(reason_text(plan.skipped[0])),
                testing::HasSubstr("neither an `end` record"));
    const std::vector<ReplicaChange> later{description("b", "c")};
    const auto rest = without_changed(replicas, changed_replicas(later, kEveryPart));
    ASSERT_THAT(rest.at(0).properties, SizeIs(1)) << "the later journal contains the outcome";
    EXPECT_EQ(rest[0].properties[0].part, sync_tags);
}

TEST(SyncUndo, newest_value_is_expected_where_journals_contradict_each_other) {
    const auto replicas =
        changed_replicas({description("a", "b"), description("c", "d")}, kEveryPart);
    EXPECT_TRUE(shows_syncs(replicas.at(0), now_with("d")));
    EXPECT_FALSE(shows_syncs(replicas.at(0), now_with("b")));
}

TEST(SyncUndo, policies_are_compared_by_meaning) {
    const std::string short_form =
        R"({"Statement":{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"111122223333"},)"
        R"("Resource":"*"}})";
    const std::string long_form =
        R"({"Statement":{"Action":"kms:*","Effect":"Allow",)"
        R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Resource":"*"}})";
    const std::vector<ReplicaChange> changes{
        text_change(io::KmsApi::put_key_policy, "{}", short_form)};
    EXPECT_THAT(undo_of(changes, now_with("", {}, {}, long_form)).changes, SizeIs(1));
    EXPECT_EQ(undo_of({text_change(io::KmsApi::put_key_policy, short_form, "{}")},
                      now_with("", {}, {}, long_form))
                  .unchanged,
              1U);
}

TEST(SyncUndo, undo_of_an_undo_creates_the_alias_again) {
    const UndoPlan plan =
        undo_of({alias(io::KmsApi::delete_alias, "alias/a")}, now_with("", {}, {}));
    ASSERT_THAT(plan.changes, SizeIs(1));
    EXPECT_EQ(plan.changes[0].action, io::KmsApi::create_alias);
}

TEST(SyncUndo, skips_what_could_not_be_read) {
    ReplicaNow now = now_with("new");
    now.description = LookupStatus::denied;
    const UndoPlan plan = undo_of({description("old", "new")}, now);
    EXPECT_THAT(plan.changes, IsEmpty());
    ASSERT_THAT(plan.skipped, SizeIs(1));
    EXPECT_EQ(plan.skipped[0].lookup, LookupStatus::denied);
}

TEST(SyncUndo, is_limited_to_parts) {
    const std::vector<ReplicaChange> changes{description("old", "new"),
                                             tags({TagChange("a", "1", "2")})};
    const UndoPlan plan = undo_of(changes, now_with("new", {io::Tag("a", "2")}), sync_tags);
    ASSERT_THAT(plan.changes, SizeIs(1));
    EXPECT_EQ(plan.changes[0].action, io::KmsApi::tag_resource);
}

TEST(SyncUndo, restores_the_state_unless_someone_else_has_changed_it) {
    const std::vector<ChangedReplica> changed =
        changed_replicas({text_change(io::KmsApi::disable_key, "Enabled", "Disabled")}, kEveryPart);
    ASSERT_THAT(changed, SizeIs(1));
    const auto undo_in = [&](io::KeyState state) {
        ReplicaNow now;
        now.enabled = LookupStatus::found;
        now.state = state;
        SharedTexts texts;
        UndoPlan plan;
        add_undo(changed[0], now, texts, plan);
        return plan;
    };
    const UndoPlan plan = undo_in(io::KeyState::disabled);
    ASSERT_THAT(plan.changes, SizeIs(1));
    EXPECT_EQ(plan.changes[0].action, io::KmsApi::enable_key);
    EXPECT_EQ(value_json(plan.changes[0]), R"({"from":"Disabled","to":"Enabled"})");
    EXPECT_EQ(undo_in(io::KeyState::enabled).unchanged, 1U);
    const UndoPlan deleted = undo_in(io::KeyState::pending_deletion);
    EXPECT_THAT(deleted.changes, IsEmpty());
    EXPECT_THAT(deleted.skipped, SizeIs(1));
}

}  // namespace
}  // namespace keyferry::planner
