// SPDX-License-Identifier: Apache-2.0
// Tests ReplicateKey, DescribeKey, and key lookup by ID, ARN and alias.
#include "tools/simulator/model/kms_model.hpp"

#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/policy/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::HasSubstr;

// ------------------------------------------------------------------------------- ReplicateKey

TEST_F(KmsModelTest, new_replica_is_creating_and_shares_the_key_id) {
    const auto handled = replicate(replicate_to_ireland());
    const io::ReplicateKeyResult& result = result_of(handled);
    EXPECT_EQ(result.replica_key_metadata.key_id, kKeyIdText);
    EXPECT_EQ(result.replica_key_metadata.arn, kReplicaArn);
    EXPECT_EQ(result.replica_key_metadata.key_state, io::KeyState::creating);
    EXPECT_EQ(result.replica_key_metadata.enabled, false);
    EXPECT_EQ(result.replica_key_metadata.creation_date_s, 1'800'000'000.0);
    EXPECT_EQ(handled.effect.kind, EffectKind::replica_created);
    EXPECT_EQ(handled.effect.key_id.text(), kKeyIdText);
    EXPECT_EQ(handled.effect.region, "eu-west-1");
}

TEST_F(KmsModelTest, replica_becomes_enabled) {
    result_of(replicate(replicate_to_ireland()));
    EXPECT_EQ(describe(in_ireland(), 1'999ms).key_state, io::KeyState::creating);
    EXPECT_EQ(describe(in_ireland(), 6s).key_state, io::KeyState::enabled);
    EXPECT_EQ(describe(in_ireland(), 6s).enabled, true);
}

TEST_F(KmsModelTest, replica_of_imported_key_becomes_pending_import) {
    SeededKey external;
    external.origin = KeyOrigin::external;
    const io::KeyArn arn = io::KeyArn::parse(
                               "arn:aws:kms:us-east-1:111122223333:key/"
                               "mrk-00000000000000000000000000000001")
                               .value();
    model_.add_primary_key(arn, external);
    result_of(replicate(io::ReplicateKeyRequest(arn.text(), "eu-west-1")));
    EXPECT_EQ(model_.view(arn.in(ireland()), at(1s).now)->state, io::KeyState::creating);
    EXPECT_EQ(model_.view(arn.in(ireland()), at(6s).now)->state, io::KeyState::pending_import);
}

TEST_F(KmsModelTest, primary_attributes_are_not_copied_by_default) {
    const auto handled = replicate(replicate_to_ireland());
    const io::ReplicateKeyResult& result = result_of(handled);
    EXPECT_EQ(result.replica_key_metadata.description, "");
    EXPECT_TRUE(result.replica_tags.empty());
    EXPECT_EQ(result.replica_policy, default_key_policy("111122223333", "aws"));
    EXPECT_THAT(*result.replica_policy, HasSubstr("arn:aws:iam::111122223333:root"));
}

TEST_F(KmsModelTest, replica_gets_attributes_of_the_request) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.description = "orders, Ireland";
    request.policy =
        R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}})";
    request.tags = {io::Tag("team", "payments"), io::Tag("empty", "")};
    const io::ReplicateKeyResult result = result_of(replicate(request));
    EXPECT_EQ(result.replica_key_metadata.description, "orders, Ireland");
    EXPECT_EQ(result.replica_policy, request.policy);
    EXPECT_EQ(result.replica_tags, request.tags);
    const KeyView held = model_.view(primary().in(ireland()), at(0s).now).value();
    EXPECT_EQ(held.description, "orders, Ireland");
    EXPECT_EQ(held.policy, *request.policy);
    EXPECT_EQ(held.tags, request.tags);
}

TEST_F(KmsModelTest, primary_lists_replicas_immediately) {
    result_of(replicate(replicate_to_ireland()));
    const io::KeyMetadata seen = describe(in_virginia(), 0s);
    ASSERT_TRUE(seen.multi_region_configuration.has_value());
    EXPECT_EQ(seen.multi_region_configuration->type, io::MultiRegionKeyType::primary);
    ASSERT_EQ(seen.multi_region_configuration->replica_keys.size(), 1U);
    EXPECT_EQ(seen.multi_region_configuration->replica_keys[0].arn, kReplicaArn);
    EXPECT_EQ(seen.multi_region_configuration->replica_keys[0].region, "eu-west-1");
}

TEST_F(KmsModelTest, replica_lists_its_primary) {
    result_of(replicate(replicate_to_ireland()));
    const io::KeyMetadata seen = describe(in_ireland(), 0s);
    EXPECT_EQ(seen.multi_region_configuration->type, io::MultiRegionKeyType::replica);
    EXPECT_EQ(seen.multi_region_configuration->primary_key->arn, kArn);
}

TEST_F(KmsModelTest, second_replica_in_a_region_is_rejected) {
    result_of(replicate(replicate_to_ireland()));
    expect_refusal(replicate(replicate_to_ireland()),
                   "AlreadyExistsException",
                   "You can create only one replica of each primary key in each AWS Region.");
}

TEST_F(KmsModelTest, replica_pending_deletion_still_exists) {
    model_.add_replica(primary(), ireland(), io::KeyState::pending_deletion);
    EXPECT_EQ(refusal_of(replicate(replicate_to_ireland())).code, io::KmsErrorCode::already_exists);
}

TEST_F(KmsModelTest, replica_cannot_be_replicated) {
    model_.add_replica(primary(), ireland());
    const io::ReplicateKeyRequest request(std::string(kKeyIdText), "eu-central-1");
    expect_refusal(model_.handle(in_ireland(), request, at(0s)),
                   "UnsupportedOperationException",
                   std::string(kReplicaArn) + " is not a multi-region primary key.");
}

TEST_F(KmsModelTest, single_region_key_cannot_be_replicated) {
    const auto created = model_.handle(in_virginia(), io::CreateKeyRequest(), at(0s));
    const std::string id = result_of(created).key_metadata.key_id;
    EXPECT_EQ(refusal_of(replicate(io::ReplicateKeyRequest(id, "eu-west-1"))).code,
              io::KmsErrorCode::unsupported_operation);
}

struct StateRefusal {
    io::KeyState state;
    std::string_view wire_code;
    std::string_view ending;
};

class PrimaryStateTest : public KmsModelTest, public testing::WithParamInterface<StateRefusal> {};

TEST_P(PrimaryStateTest, only_an_enabled_primary_can_be_replicated) {
    model_.set_state(primary(), GetParam().state);
    expect_refusal(replicate(replicate_to_ireland()),
                   GetParam().wire_code,
                   std::string(kArn) + std::string(GetParam().ending));
}

INSTANTIATE_TEST_SUITE_P(
    KeyStateTable,
    PrimaryStateTest,
    testing::Values(
        StateRefusal{io::KeyState::disabled, "DisabledException", " is disabled."},
        StateRefusal{
            io::KeyState::pending_deletion, "KMSInvalidStateException", " is pending deletion."},
        StateRefusal{io::KeyState::pending_replica_deletion,
                     "KMSInvalidStateException",
                     " is pending replica deletion."},
        StateRefusal{
            io::KeyState::pending_import, "KMSInvalidStateException", " is pending import."},
        StateRefusal{io::KeyState::creating, "KMSInvalidStateException", " is creating."},
        StateRefusal{io::KeyState::updating, "KMSInvalidStateException", " is updating."},
        StateRefusal{io::KeyState::unavailable, "KMSInvalidStateException", " is unavailable."}));

TEST_F(KmsModelTest, rejects_the_primarys_region_and_other_partitions) {
    for (const char* region : {"us-east-1", "cn-north-1", "us-gov-west-1"}) {
        EXPECT_EQ(
            refusal_of(replicate(io::ReplicateKeyRequest(std::string(kKeyIdText), region))).code,
            io::KmsErrorCode::unsupported_operation)
            << region;
    }
}

TEST_F(KmsModelTest, key_quota_counts_keys_in_any_state) {
    KmsModelSettings settings;
    settings.keys_per_region_max = 1;
    KmsModel small(settings);
    small.add_primary_key(primary());
    const io::KeyArn other = io::KeyArn::parse(
                                 "arn:aws:kms:eu-west-1:111122223333:key/"
                                 "mrk-00000000000000000000000000000002")
                                 .value();
    SeededKey leaving;
    leaving.state = io::KeyState::pending_deletion;
    small.add_primary_key(other, leaving);
    expect_refusal(small.handle(in_virginia(), replicate_to_ireland(), at(0s)),
                   "LimitExceededException",
                   "Key quota for this account in this region is 1 but the current usage is 1.");
}

TEST_F(KmsModelTest, hot_key_is_throttled_within_the_quotas) {
    KmsModelSettings settings;
    settings.hot_key_spacing = 1s;
    KmsModel spaced(settings);
    spaced.add_primary_key(primary());
    const io::ReplicateKeyRequest to_frankfurt(std::string(kKeyIdText), "eu-central-1");
    result_of(spaced.handle(in_virginia(), replicate_to_ireland(), at(0s)));
    EXPECT_EQ(refusal_of(spaced.handle(in_virginia(), to_frankfurt, at(999ms))).code,
              io::KmsErrorCode::throttling);
    result_of(spaced.handle(in_virginia(), to_frankfurt, at(1s)));
}

TEST_F(KmsModelTest, equal_seeds_produce_equal_creating_times) {
    const auto ready_at = [](std::uint64_t seed) {
        KmsModelSettings settings;
        settings.seed = seed;
        KmsModel model(settings);
        model.add_primary_key(primary());
        result_of(model.handle(in_virginia(), replicate_to_ireland(), at(0s)));
        auto time = 0ms;
        while (model.view(primary().in(ireland()), at(time).now)->state == io::KeyState::creating) {
            time += 1ms;
        }
        return time;
    };
    EXPECT_EQ(ready_at(7), ready_at(7));
    EXPECT_NE(ready_at(7), ready_at(8));
}

// ------------------------------------------------------------------------- key lookup

TEST_F(KmsModelTest, unknown_key_is_not_found) {
    const io::DescribeKeyRequest request{"mrk-ffffffffffffffffffffffffffffffff"};
    expect_refusal(model_.handle(in_virginia(), request, at(0s)),
                   "NotFoundException",
                   "Key 'arn:aws:kms:us-east-1:111122223333:key/"
                   "mrk-ffffffffffffffffffffffffffffffff' does not exist");
}

TEST_F(KmsModelTest, arn_of_another_region_is_not_found) {
    const io::DescribeKeyRequest request{std::string(kArn)};
    expect_refusal(
        model_.handle(in_ireland(), request, at(0s)), "NotFoundException", "Invalid arn us-east-1");
}

TEST_F(KmsModelTest, arn_of_neither_key_nor_alias_is_invalid) {
    for (const char* resource : {"", "key", "mrk-1", "grant/1", "arn:aws:kms:us-east-1:1:key/1"}) {
        const std::string arn = std::string("arn:aws:kms:us-east-1:111122223333:") + resource;
        expect_refusal(model_.handle(in_virginia(), io::DescribeKeyRequest{arn}, at(0s)),
                       "InvalidArnException",
                       "Invalid arn " + arn);
    }
    io::DescribeKeyRequest own{"arn:aws:kms:us-east-1:111122223333:" + std::string(kKeyIdText)};
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), own, at(0s))).wire_code,
              "InvalidArnException");
}

TEST_F(KmsModelTest, invalid_key_id_is_not_found) {
    expect_refusal(model_.handle(in_virginia(), io::DescribeKeyRequest{"foo"}, at(0s)),
                   "NotFoundException",
                   "Invalid keyId 'foo'");
}

TEST_F(KmsModelTest, unknown_alias_is_not_found) {
    expect_refusal(model_.handle(in_virginia(), io::DescribeKeyRequest{"alias/orders"}, at(0s)),
                   "NotFoundException",
                   "Alias arn:aws:kms:us-east-1:111122223333:alias/orders is not found.");
}

TEST_F(KmsModelTest, malformed_arn_is_invalid) {
    for (const char* arn : {"arn:aws:kms",
                            "arn:aws:s3:us-east-1:111122223333:key/x",
                            "arn:aws-cn:kms:us-east-1:111122223333:key/x"}) {
        EXPECT_EQ(
            refusal_of(model_.handle(in_virginia(), io::DescribeKeyRequest{arn}, at(0s))).code,
            io::KmsErrorCode::invalid_arn);
    }
}

TEST_F(KmsModelTest, key_of_another_account_is_not_accessible) {
    const io::ReplicateKeyRequest request(
        "arn:aws:kms:us-east-1:999988887777:key/mrk-1234abcd12ab34cd56ef1234567890ab", "eu-west-1");
    const auto handled = replicate(request);
    EXPECT_EQ(refusal_of(handled).code, io::KmsErrorCode::access_denied);
    EXPECT_THAT(refusal_of(handled).message,
                HasSubstr("is not authorized to perform: kms:ReplicateKey on resource: arn:aws:"));
}

TEST_F(KmsModelTest, equal_key_ids_in_two_accounts_are_distinct_keys) {
    const io::AccountId other = io::AccountId::parse("999988887777").value();
    const io::KeyArn arn(example::virginia(), other, primary().key_id);
    EXPECT_TRUE(model_.add_primary_key(arn));
    EXPECT_EQ(model_.key_count(in_virginia()), 1U);
    EXPECT_EQ(model_.key_count(io::AccountRegion(other, example::virginia())), 1U);
}

TEST_F(KmsModelTest, unknown_regions_can_be_rejected) {
    KmsModelSettings settings;
    settings.known_regions_only = true;
    KmsModel strict(settings);
    strict.add_primary_key(primary());
    expect_refusal(
        strict.handle(in_virginia(), io::ReplicateKeyRequest(kKeyId, "eu-wset-1"), at(0s)),
        "UnsupportedOperationException",
        std::string(kArn) + " cannot be replicated to Region eu-wset-1.");
    result_of(replicate(io::ReplicateKeyRequest(kKeyId, "eu-wset-1")));
}

}  // namespace
}  // namespace keyferry::simulator
