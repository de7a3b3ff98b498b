// SPDX-License-Identifier: Apache-2.0
// Tests the functions that change the model's keys without a KMS operation.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/policy/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;

io::KeyArn replica() {
    return primary().in(ireland());
}

io::KeyArn unknown() {
    return io::KeyArn::parse(
               "arn:aws:kms:us-east-1:111122223333:key/mrk-ffffffffffffffffffffffffffffffff")
        .value();
}

TEST_F(KmsModelTest, seeded_key_has_tags_policy_and_creation_date) {
    SeededKey seeded;
    seeded.tags = {io::Tag("team", "payments")};
    seeded.policy = "{ }";
    seeded.created = at(2s).wall;
    ASSERT_TRUE(model_.add_primary_key(unknown(), seeded));
    const KeyView held = model_.view(unknown(), at(0s).now).value();
    EXPECT_EQ(held.tags, seeded.tags);
    EXPECT_EQ(held.policy, "{ }");
    const io::DescribeKeyRequest request(unknown().text());
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(9s))).key_metadata.creation_date_s,
              1'800'000'002.0);
}

TEST_F(KmsModelTest, attributes_can_be_changed_without_requests) {
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    EXPECT_TRUE(model_.set_tags(replica(), {io::Tag("team", "storage")}));
    EXPECT_TRUE(model_.set_policy(replica(), "{ \"Id\":1 }"));
    EXPECT_TRUE(model_.set_description(replica(), "orders, Ireland"));
    const KeyView there = model_.view(replica(), at(0s).now).value();
    EXPECT_EQ(there.tags, std::vector<io::Tag>{io::Tag("team", "storage")});
    EXPECT_EQ(there.policy, "{ \"Id\":1 }");
    EXPECT_EQ(there.description, "orders, Ireland");
    const KeyView here = model_.view(primary(), at(0s).now).value();
    EXPECT_TRUE(here.tags.empty());
    EXPECT_EQ(here.policy, default_key_policy("111122223333", "aws"));
    EXPECT_EQ(here.description, "");

    EXPECT_TRUE(model_.set_tags(replica(), {}));
    EXPECT_TRUE(model_.set_policy(replica(), ""));
    EXPECT_TRUE(model_.view(replica(), at(0s).now)->tags.empty());
    EXPECT_EQ(model_.view(replica(), at(0s).now)->policy, here.policy);
}

TEST_F(KmsModelTest, unknown_key_cannot_be_changed) {
    EXPECT_FALSE(model_.set_state(unknown(), io::KeyState::disabled));
    EXPECT_FALSE(model_.set_tags(unknown(), {}));
    EXPECT_FALSE(model_.set_policy(unknown(), "{}"));
    EXPECT_FALSE(model_.set_description(replica(), "no such replica"));
    EXPECT_FALSE(model_.move_primary(unknown(), ireland()));
    EXPECT_FALSE(model_.remove_key(unknown()));
}

TEST_F(KmsModelTest, key_pending_deletion_has_a_deletion_date) {
    EXPECT_FALSE(describe(in_virginia(), 0s).deletion_date_s.has_value());
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::pending_deletion, at(1h).wall));
    EXPECT_EQ(describe(in_virginia(), 0s).deletion_date_s, 1'800'003'600.0);
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::disabled));
    EXPECT_FALSE(describe(in_virginia(), 0s).deletion_date_s.has_value());
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::pending_deletion));
    EXPECT_NE(describe(in_virginia(), 0s).deletion_date_s, 1'800'003'600.0)
        << "a new deletion has a new date";
}

TEST_F(KmsModelTest, undated_deletion_starts_at_the_first_describe_key) {
    constexpr double kThirtyDaysS = 30 * 86'400;
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::pending_deletion));
    EXPECT_EQ(describe(in_virginia(), 5s).deletion_date_s, 1'800'000'005 + kThirtyDaysS);
    EXPECT_EQ(describe(in_virginia(), 9s).deletion_date_s, 1'800'000'005 + kThirtyDaysS)
        << "the date does not change";
    ASSERT_TRUE(model_.add_replica(primary(), ireland(), io::KeyState::pending_deletion));
    EXPECT_EQ(describe(in_ireland(), 9s).deletion_date_s, 1'800'000'009 + kThirtyDaysS);
}

TEST_F(KmsModelTest, key_pending_deletion_is_deleted_at_its_date) {
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::pending_deletion, at(1h).wall));
    const io::DescribeKeyRequest describe_key{std::string(kKeyIdText)};
    result_of(model_.handle(in_virginia(), describe_key, at(59min)));
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), describe_key, at(1h))).wire_code,
              "NotFoundException");
    ASSERT_TRUE(model_.add_primary_key(unknown()));
    ASSERT_TRUE(model_.set_state(unknown(), io::KeyState::pending_deletion));
    const io::DescribeKeyRequest undated(unknown().text());
    result_of(model_.handle(in_virginia(), undated, at(2h)));  // sets the date
    result_of(model_.handle(in_virginia(), undated, at(2h + 30 * 24h - 1s)));
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), undated, at(2h + 30 * 24h))).wire_code,
              "NotFoundException");
}

TEST_F(KmsModelTest, removed_key_leaves_no_last_use) {
    EncryptRequest encrypt{std::string(kKeyIdText)};
    encrypt.plaintext = io::Secret("plain");
    result_of(model_.handle(in_virginia(), encrypt, at(1s)));
    ASSERT_TRUE(model_.remove_key(primary()));
    ASSERT_TRUE(model_.add_primary_key(primary()));
    const GetKeyLastUsageRequest usage{std::string(kKeyIdText)};
    EXPECT_FALSE(result_of(model_.handle(in_virginia(), usage, at(2s))).operation);
}

TEST_F(KmsModelTest, removal_of_the_last_replica_starts_the_primarys_waiting_period) {
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    ScheduleKeyDeletionRequest end{std::string(kKeyIdText)};
    end.pending_window_days = 7;
    result_of(model_.handle(in_virginia(), end, at(5s)));
    ASSERT_TRUE(model_.remove_key(replica()));
    EXPECT_EQ(describe(in_virginia(), 9s).deletion_date_s, 1'800'000'005.0 + 7 * 86'400);
}

TEST_F(KmsModelTest, pending_replica_deletion_has_no_date) {
    ASSERT_TRUE(model_.set_state(primary(), io::KeyState::pending_replica_deletion));
    EXPECT_FALSE(describe(in_virginia(), 0s).deletion_date_s.has_value());
}

TEST_F(KmsModelTest, move_primary_swaps_roles) {
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    ASSERT_TRUE(model_.move_primary(primary(), ireland()));
    for (const io::AccountRegion& place : {in_virginia(), in_ireland()}) {
        const io::MultiRegionConfiguration seen =
            describe(place, 0s).multi_region_configuration.value();
        EXPECT_EQ(seen.primary_key->arn, kReplicaArn);
        ASSERT_EQ(seen.replica_keys.size(), 1U);
        EXPECT_EQ(seen.replica_keys[0].arn, kArn);
        EXPECT_EQ(seen.type,
                  place == in_ireland() ? io::MultiRegionKeyType::primary
                                        : io::MultiRegionKeyType::replica);
    }
    const io::ReplicateKeyRequest further(std::string(kKeyIdText), "eu-central-1");
    EXPECT_EQ(refusal_of(replicate(further)).code, io::KmsErrorCode::unsupported_operation);
    result_of(model_.handle(in_ireland(), further, at(0s)));
}

TEST_F(KmsModelTest, move_primary_requires_a_replica) {
    EXPECT_FALSE(model_.move_primary(primary(), ireland()));
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    EXPECT_FALSE(model_.move_primary(primary(), virginia())) << "already the primary";
    EXPECT_FALSE(model_.move_primary(replica(), virginia())) << "not a primary";
}

TEST_F(KmsModelTest, removed_replica_is_not_listed) {
    ASSERT_TRUE(model_.add_replica(primary(), ireland()));
    ASSERT_TRUE(model_.add_alias(in_ireland(), "alias/orders", replica()));
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary()));
    EXPECT_FALSE(model_.remove_key(primary())) << "it has a replica";
    EXPECT_TRUE(model_.remove_key(replica()));
    EXPECT_FALSE(model_.view(replica(), at(0s).now));
    EXPECT_EQ(model_.key_count(in_ireland()), 0U);
    EXPECT_TRUE(describe(in_virginia(), 0s).multi_region_configuration->replica_keys.empty());
    const auto aliases_in = [&](const io::AccountRegion& place) {
        return result_of(model_.handle(place, io::ListAliasesRequest(), at(0s))).aliases.size();
    };
    EXPECT_EQ(aliases_in(in_ireland()), 0U);
    EXPECT_EQ(aliases_in(in_virginia()), 1U);
    result_of(replicate(replicate_to_ireland()));
}

TEST_F(KmsModelTest, removed_primary_is_not_found_and_its_aliases_are_available) {
    ASSERT_TRUE(model_.add_primary_key(unknown()));
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary()));
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/other", unknown()));
    ASSERT_TRUE(model_.remove_key(primary()));
    EXPECT_EQ(refusal_of(replicate(replicate_to_ireland())).code, io::KmsErrorCode::not_found);
    EXPECT_EQ(model_.key_count(in_virginia()), 1U);
    EXPECT_TRUE(model_.add_primary_key(primary()));
    EXPECT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary()));
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/other", primary())) << "name still in use";
    io::ListAliasesRequest request;
    request.key_id = unknown().text();
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).aliases.size(), 1U);
}

}  // namespace
}  // namespace keyferry::simulator
