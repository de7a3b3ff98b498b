// SPDX-License-Identifier: Apache-2.0
// Tests key states: the allowed operations, transitions, and the effect of time.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/model/key_state_rules.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <map>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;

// ------------------------------------------------------------------------------------ the table

constexpr std::array kStates{io::KeyState::enabled,
                             io::KeyState::disabled,
                             io::KeyState::pending_deletion,
                             io::KeyState::pending_replica_deletion,
                             io::KeyState::pending_import,
                             io::KeyState::unavailable,
                             io::KeyState::creating,
                             io::KeyState::updating};

/// Returns one letter per state, in the order of kStates: '.' allowed, 'D' DisabledException, 'S'
/// KMSInvalidStateException.
std::string row(io::KmsApi api) {
    std::string letters;
    for (const io::KeyState state : kStates) {
        const auto refusal = check_key_state(api, state, "arn");
        letters += !refusal ? '.' : refusal->code == io::KmsErrorCode::disabled ? 'D' : 'S';
    }
    return letters;
}

TEST(KeyStateTable, matches_the_kms_developer_guide) {
    const std::map<io::KmsApi, std::string> rows{
        {io::KmsApi::replicate_key, ".DSSSSSS"},
        {io::KmsApi::update_primary_region, ".DSSSSS."},
        {io::KmsApi::describe_key, "........"},
        {io::KmsApi::put_key_policy, "........"},
        {io::KmsApi::tag_resource, "..SS...."},
        {io::KmsApi::untag_resource, "..SS...."},
        {io::KmsApi::update_key_description, "..SS...."},
        {io::KmsApi::create_alias, "..SS...."},
        {io::KmsApi::create_grant, ".DSSSSS."},
        {io::KmsApi::update_alias, "..SS...."},
        {io::KmsApi::cancel_key_deletion, "SS..SSSS"},
        {io::KmsApi::enable_key, "..SSS.SS"},
        {io::KmsApi::disable_key, "..SSS.SS"},
        {io::KmsApi::schedule_key_deletion, "..SS...S"},
        {io::KmsApi::enable_key_rotation, ".DSSSSS."},
        {io::KmsApi::get_key_rotation_status, "........"},
        {io::KmsApi::get_parameters_for_import, "..SS..SS"},
        {io::KmsApi::import_key_material, "..SS..S."},
    };
    for (const auto& [api, letters] : rows) {
        EXPECT_EQ(row(api), letters) << name_of(api);
    }
}

TEST(KeyStateTable, errors_name_the_state) {
    EXPECT_EQ(check_key_state(io::KmsApi::enable_key, io::KeyState::creating, "arn")->message,
              "arn is creating.");
    EXPECT_EQ(check_key_state(io::KmsApi::enable_key, io::KeyState::updating, "arn")->message,
              "arn is updating.");
    EXPECT_EQ(
        check_key_state(io::KmsApi::cancel_key_deletion, io::KeyState::enabled, "arn")->message,
        "arn is not pending deletion.");
}

// -------------------------------------------------------------------------------- the changes

class KeyStatesTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    ScheduleKeyDeletionResult schedule(int days,
                                       std::chrono::nanoseconds when = 0s,
                                       const io::AccountRegion& place = in_virginia()) {
        ScheduleKeyDeletionRequest request(kKeyId);
        request.pending_window_days = days;
        const auto handled = call(request, when, place);
        EXPECT_EQ(handled.effect.kind, EffectKind::deletion_scheduled);
        return result_of(handled);
    }
    io::KeyState state(std::chrono::nanoseconds when,
                       const io::AccountRegion& place = in_virginia()) {
        return *describe(place, when).key_state;
    }
    bool exists(std::chrono::nanoseconds when, const io::AccountRegion& place = in_virginia()) {
        const auto handled = call(io::DescribeKeyRequest(kKeyId), when, place);
        return std::holds_alternative<io::DescribeKeyResult>(handled.response);
    }
};

TEST_F(KeyStatesTest, key_can_be_disabled_and_enabled) {
    const auto disabled = call(io::DisableKeyRequest(kKeyId));
    EXPECT_EQ(disabled.effect.kind, EffectKind::key_disabled);
    EXPECT_EQ(state(0s), io::KeyState::disabled);
    EXPECT_EQ(describe(in_virginia(), 0s).enabled, false);
    const auto enabled = call(io::EnableKeyRequest(kKeyId));
    EXPECT_EQ(enabled.effect.kind, EffectKind::key_enabled);
    EXPECT_EQ(state(0s), io::KeyState::enabled);
}

TEST_F(KeyStatesTest, enabling_is_per_region) {
    model_.add_replica(primary(), ireland());
    result_of(call(io::DisableKeyRequest(kKeyId), 0s, in_ireland()));
    EXPECT_EQ(state(0s), io::KeyState::enabled);
    EXPECT_EQ(state(0s, in_ireland()), io::KeyState::disabled);
}

TEST_F(KeyStatesTest, key_and_aliases_are_deleted_after_the_waiting_period) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    const ScheduleKeyDeletionResult scheduled = schedule(7);
    EXPECT_EQ(scheduled.key_id, kArn);
    EXPECT_EQ(scheduled.key_state, io::KeyState::pending_deletion);
    EXPECT_EQ(scheduled.pending_window_days, 7);
    EXPECT_EQ(scheduled.deletion_date_s, 1'800'000'000.0 + 7 * 86'400);
    EXPECT_EQ(describe(in_virginia(), 1h).deletion_date_s, scheduled.deletion_date_s);
    EXPECT_TRUE(exists(7 * 24h - 1s));
    EXPECT_FALSE(exists(7 * 24h));
    EXPECT_EQ(model_.key_count(in_virginia()), 0U);
    EXPECT_TRUE(result_of(call(io::ListAliasesRequest(), 7 * 24h)).aliases.empty());
}

TEST_F(KeyStatesTest, waiting_period_is_30_days_by_default_and_7_to_30) {
    EXPECT_EQ(result_of(call(ScheduleKeyDeletionRequest(kKeyId))).pending_window_days, 30);
    for (const int days : {6, 31}) {
        ScheduleKeyDeletionRequest request(kKeyId);
        request.pending_window_days = days;
        EXPECT_EQ(refusal_of(call(request)).wire_code, "ValidationException");
    }
}

TEST_F(KeyStatesTest, cancelled_deletion_leaves_the_key_disabled) {
    schedule(7);
    const auto handled = call(CancelKeyDeletionRequest(kKeyId), 24h);
    EXPECT_EQ(result_of(handled).key_id, kArn);
    EXPECT_EQ(handled.effect.kind, EffectKind::deletion_cancelled);
    EXPECT_EQ(state(24h), io::KeyState::disabled);
    EXPECT_FALSE(describe(in_virginia(), 24h).deletion_date_s);
    EXPECT_TRUE(exists(30 * 24h)) << "the key is not deleted";
    expect_refusal(call(CancelKeyDeletionRequest(kKeyId), 30 * 24h),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is not pending deletion.");
}

TEST_F(KeyStatesTest, primary_deletion_starts_after_the_last_replica) {
    model_.add_replica(primary(), ireland());
    const ScheduleKeyDeletionResult scheduled = schedule(10);
    EXPECT_EQ(scheduled.key_state, io::KeyState::pending_replica_deletion);
    EXPECT_FALSE(scheduled.deletion_date_s);
    const io::KeyMetadata waiting = describe(in_virginia(), 100 * 24h);
    EXPECT_EQ(waiting.key_state, io::KeyState::pending_replica_deletion);
    EXPECT_FALSE(waiting.deletion_date_s);
    EXPECT_EQ(waiting.pending_deletion_window_days, 10);

    schedule(7, 100 * 24h, in_ireland());
    EXPECT_EQ(state(107 * 24h - 1s), io::KeyState::pending_replica_deletion);
    const io::KeyMetadata dated = describe(in_virginia(), 107 * 24h);
    EXPECT_EQ(dated.key_state, io::KeyState::pending_deletion);
    EXPECT_EQ(dated.deletion_date_s, 1'800'000'000.0 + 117 * 86'400);
    EXPECT_FALSE(exists(107 * 24h, in_ireland()));
    EXPECT_TRUE(exists(117 * 24h - 1s));
    EXPECT_FALSE(exists(117 * 24h));
}

TEST_F(KeyStatesTest, pending_replica_deletion_can_be_cancelled) {
    model_.add_replica(primary(), ireland());
    schedule(7);
    result_of(call(CancelKeyDeletionRequest(kKeyId)));
    EXPECT_EQ(state(0s), io::KeyState::disabled);
}

TEST_F(KeyStatesTest, deletion_can_be_scheduled_and_cancelled_repeatedly) {
    schedule(7);
    result_of(call(CancelKeyDeletionRequest(kKeyId), 24h));
    schedule(30, 48h);
    EXPECT_TRUE(exists(7 * 24h)) << "the first date was cancelled";
    EXPECT_FALSE(exists(32 * 24h));
}

// ------------------------------------------------------------------------------- the promotion

TEST_F(KeyStatesTest, both_keys_are_replicas_during_a_promotion) {
    model_.add_replica(primary(), ireland());
    const auto handled = call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1"));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::primary_moved);
    EXPECT_EQ(handled.effect.region, "eu-west-1");
    for (const io::AccountRegion& place : {in_virginia(), in_ireland()}) {
        const io::KeyMetadata data = describe(place, 1s);
        EXPECT_EQ(data.key_state, io::KeyState::updating);
        EXPECT_EQ(data.multi_region_configuration->type, io::MultiRegionKeyType::replica);
    }
    expect_refusal(call(io::DisableKeyRequest(kKeyId), 1s),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is updating.");
}

TEST_F(KeyStatesTest, promotion_swaps_roles_and_keeps_arns) {
    model_.add_replica(primary(), ireland());
    result_of(call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1")));
    const io::KeyMetadata old_primary = describe(in_virginia(), 10s);
    EXPECT_EQ(old_primary.key_state, io::KeyState::enabled);
    EXPECT_EQ(old_primary.arn, kArn);
    EXPECT_EQ(old_primary.multi_region_configuration->type, io::MultiRegionKeyType::replica);
    const io::KeyMetadata successor = describe(in_ireland(), 10s);
    EXPECT_EQ(successor.multi_region_configuration->type, io::MultiRegionKeyType::primary);
    EXPECT_EQ(successor.multi_region_configuration->primary_key->region, "eu-west-1");
    EXPECT_EQ(successor.multi_region_configuration->replica_keys[0].region, "us-east-1");
    EXPECT_EQ(refusal_of(replicate(io::ReplicateKeyRequest(kKeyId, "eu-west-2"), 10s)).message,
              std::string(kArn) + " is not a multi-region primary key.");
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-2"), 10s, in_ireland()));
}

TEST_F(KeyStatesTest, promotion_requires_enabled_replica_and_the_primarys_region) {
    const UpdatePrimaryRegionRequest request(kKeyId, "eu-west-1");
    expect_refusal(call(request),
                   "NotFoundException",
                   "Key '" + std::string(kReplicaArn) + "' does not exist");
    model_.add_replica(primary(), ireland());
    expect_refusal(call(request, 0s, in_ireland()),
                   "UnsupportedOperationException",
                   std::string(kReplicaArn) + " is not a multi-region primary key.");
    EXPECT_EQ(refusal_of(call(UpdatePrimaryRegionRequest(kKeyId, "us-east-1"))).wire_code,
              "UnsupportedOperationException");
    model_.set_state(primary().in(ireland()), io::KeyState::disabled);
    expect_refusal(call(request), "DisabledException", std::string(kReplicaArn) + " is disabled.");
    model_.set_state(primary().in(ireland()), io::KeyState::enabled);
    model_.set_state(primary(), io::KeyState::disabled);
    expect_refusal(call(request), "DisabledException", std::string(kArn) + " is disabled.");
    EXPECT_EQ(refusal_of(call(UpdatePrimaryRegionRequest(kKeyId, "nowhere"))).wire_code,
              "ValidationException");
}

}  // namespace
}  // namespace keyferry::simulator
