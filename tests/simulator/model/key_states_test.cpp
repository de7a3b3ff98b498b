// The states of keys: what each allows, how they follow each other, and what time does to them.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/model/key_state_rules.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <map>
#include <string>
#include <vector>

namespace keyferry {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;

const std::string kKeyId{kKeyIdText};

// ------------------------------------------------------------------------------------ the table

constexpr std::array kStates{KeyState::enabled,
                             KeyState::disabled,
                             KeyState::pending_deletion,
                             KeyState::pending_replica_deletion,
                             KeyState::pending_import,
                             KeyState::unavailable,
                             KeyState::creating,
                             KeyState::updating};

/// One letter a state, in the order of kStates: '.' allowed, 'D' DisabledException, 'S'
/// KMSInvalidStateException.
std::string row(KmsApi api) {
    std::string letters;
    for (const KeyState state : kStates) {
        const auto refusal = check_key_state(api, state, "arn");
        letters += !refusal ? '.' : refusal->code == KmsErrorCode::disabled ? 'D' : 'S';
    }
    return letters;
}

TEST(KeyStateTable, IsThatOfKmsDeveloperGuide) {
    const std::map<KmsApi, std::string> rows{
        {KmsApi::replicate_key, ".DSSSSSS"},
        {KmsApi::update_primary_region, ".DSSSSS."},
        {KmsApi::describe_key, "........"},
        {KmsApi::put_key_policy, "........"},
        {KmsApi::tag_resource, "..SS...."},
        {KmsApi::untag_resource, "..SS...."},
        {KmsApi::update_key_description, "..SS...."},
        {KmsApi::create_alias, "..SS...."},
        {KmsApi::update_alias, "..SS...."},
        {KmsApi::cancel_key_deletion, "SS..SSSS"},
        {KmsApi::enable_key, "..SSS.SS"},
        {KmsApi::disable_key, "..SSS.SS"},
        {KmsApi::schedule_key_deletion, "..SS...S"},
        {KmsApi::enable_key_rotation, ".DSSSSS."},
        {KmsApi::get_key_rotation_status, "........"},
        {KmsApi::get_parameters_for_import, "..SS..SS"},
        {KmsApi::import_key_material, "..SS..S."},
    };
    for (const auto& [api, letters] : rows) {
        EXPECT_EQ(row(api), letters) << name_of(api);
    }
}

TEST(KeyStateTable, SaysWhatIsTheMatter) {
    EXPECT_EQ(check_key_state(KmsApi::enable_key, KeyState::creating, "arn")->message,
              "arn is creating.");
    EXPECT_EQ(check_key_state(KmsApi::enable_key, KeyState::updating, "arn")->message,
              "arn is updating.");
    EXPECT_EQ(check_key_state(KmsApi::cancel_key_deletion, KeyState::enabled, "arn")->message,
              "arn is not pending deletion.");
}

// -------------------------------------------------------------------------------- the changes

class KeyStatesTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const Place& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    ScheduleKeyDeletionResult schedule(int days,
                                       std::chrono::nanoseconds when = 0s,
                                       const Place& place = in_virginia()) {
        ScheduleKeyDeletionRequest request(kKeyId);
        request.pending_window_days = days;
        const auto handled = call(request, when, place);
        EXPECT_EQ(handled.effect.kind, EffectKind::deletion_scheduled);
        return result_of(handled);
    }
    KeyState state(std::chrono::nanoseconds when, const Place& place = in_virginia()) {
        return *describe(place, when).key_state;
    }
    bool is_there(std::chrono::nanoseconds when, const Place& place = in_virginia()) {
        const auto handled = call(DescribeKeyRequest(kKeyId), when, place);
        return std::holds_alternative<DescribeKeyResult>(handled.answer);
    }
};

TEST_F(KeyStatesTest, AKeyIsDisabledAndEnabled) {
    const auto disabled = call(DisableKeyRequest(kKeyId));
    EXPECT_EQ(disabled.effect.kind, EffectKind::key_disabled);
    EXPECT_EQ(state(0s), KeyState::disabled);
    EXPECT_EQ(describe(in_virginia(), 0s).enabled, false);
    const auto enabled = call(EnableKeyRequest(kKeyId));
    EXPECT_EQ(enabled.effect.kind, EffectKind::key_enabled);
    EXPECT_EQ(state(0s), KeyState::enabled);
}

TEST_F(KeyStatesTest, WhetherAKeyIsEnabledIsAMatterOfItsRegion) {
    model_.add_replica(primary(), ireland());
    result_of(call(DisableKeyRequest(kKeyId), 0s, in_ireland()));
    EXPECT_EQ(state(0s), KeyState::enabled);
    EXPECT_EQ(state(0s, in_ireland()), KeyState::disabled);
}

TEST_F(KeyStatesTest, AScheduledKeyIsGoneAfterItsWaitingPeriodAndItsAliasesToo) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    const ScheduleKeyDeletionResult scheduled = schedule(7);
    EXPECT_EQ(scheduled.key_id, kArn);
    EXPECT_EQ(scheduled.key_state, KeyState::pending_deletion);
    EXPECT_EQ(scheduled.pending_window_days, 7);
    EXPECT_EQ(scheduled.deletion_date_s, 1'800'000'000.0 + 7 * 86'400);
    EXPECT_EQ(describe(in_virginia(), 1h).deletion_date_s, scheduled.deletion_date_s);
    EXPECT_TRUE(is_there(7 * 24h - 1s));
    EXPECT_FALSE(is_there(7 * 24h));
    EXPECT_EQ(model_.key_count(in_virginia()), 0U);
    EXPECT_TRUE(result_of(call(ListAliasesRequest(), 7 * 24h)).aliases.empty());
}

TEST_F(KeyStatesTest, TheWaitingPeriodIs30DaysAndMayBe7To30) {
    EXPECT_EQ(result_of(call(ScheduleKeyDeletionRequest(kKeyId))).pending_window_days, 30);
    for (const int days : {6, 31}) {
        ScheduleKeyDeletionRequest request(kKeyId);
        request.pending_window_days = days;
        EXPECT_EQ(refusal_of(call(request)).wire_code, "ValidationException");
    }
}

TEST_F(KeyStatesTest, ADeletionThatIsCancelledLeavesTheKeyDisabled) {
    schedule(7);
    const auto handled = call(CancelKeyDeletionRequest(kKeyId), 24h);
    EXPECT_EQ(result_of(handled).key_id, kArn);
    EXPECT_EQ(handled.effect.kind, EffectKind::deletion_cancelled);
    EXPECT_EQ(state(24h), KeyState::disabled);
    EXPECT_FALSE(describe(in_virginia(), 24h).deletion_date_s);
    EXPECT_TRUE(is_there(30 * 24h)) << "and it stays";
    expect_refusal(call(CancelKeyDeletionRequest(kKeyId), 30 * 24h),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is not pending deletion.");
}

TEST_F(KeyStatesTest, APrimaryWaitsForItsReplicasAndThenForItsOwnTime) {
    model_.add_replica(primary(), ireland());
    const ScheduleKeyDeletionResult scheduled = schedule(10);
    EXPECT_EQ(scheduled.key_state, KeyState::pending_replica_deletion);
    EXPECT_FALSE(scheduled.deletion_date_s);
    const KeyMetadata waiting = describe(in_virginia(), 100 * 24h);
    EXPECT_EQ(waiting.key_state, KeyState::pending_replica_deletion);
    EXPECT_FALSE(waiting.deletion_date_s);
    EXPECT_EQ(waiting.pending_deletion_window_days, 10);

    schedule(7, 100 * 24h, in_ireland());
    EXPECT_EQ(state(107 * 24h - 1s), KeyState::pending_replica_deletion);
    const KeyMetadata dated = describe(in_virginia(), 107 * 24h);
    EXPECT_EQ(dated.key_state, KeyState::pending_deletion);
    EXPECT_EQ(dated.deletion_date_s, 1'800'000'000.0 + 117 * 86'400);
    EXPECT_FALSE(is_there(107 * 24h, in_ireland()));
    EXPECT_TRUE(is_there(117 * 24h - 1s));
    EXPECT_FALSE(is_there(117 * 24h));
}

TEST_F(KeyStatesTest, AWaitForReplicasCanBeCancelled) {
    model_.add_replica(primary(), ireland());
    schedule(7);
    result_of(call(CancelKeyDeletionRequest(kKeyId)));
    EXPECT_EQ(state(0s), KeyState::disabled);
}

TEST_F(KeyStatesTest, AKeyCanBeScheduledAndCancelledAgainAndAgain) {
    schedule(7);
    result_of(call(CancelKeyDeletionRequest(kKeyId), 24h));
    schedule(30, 48h);
    EXPECT_TRUE(is_there(7 * 24h)) << "the first date no longer counts";
    EXPECT_FALSE(is_there(32 * 24h));
}

// ------------------------------------------------------------------------------- the promotion

TEST_F(KeyStatesTest, APromotionTakesAWhileDuringWhichBothAreReplicas) {
    model_.add_replica(primary(), ireland());
    const auto handled = call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1"));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::primary_moved);
    EXPECT_EQ(handled.effect.region, "eu-west-1");
    for (const Place& place : {in_virginia(), in_ireland()}) {
        const KeyMetadata data = describe(place, 1s);
        EXPECT_EQ(data.key_state, KeyState::updating);
        EXPECT_EQ(data.multi_region_configuration->type, MultiRegionKeyType::replica);
    }
    expect_refusal(call(DisableKeyRequest(kKeyId), 1s),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is updating.");
}

TEST_F(KeyStatesTest, AfterAPromotionTheRolesHaveChangedAndTheArnsHaveNot) {
    model_.add_replica(primary(), ireland());
    result_of(call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1")));
    const KeyMetadata old_primary = describe(in_virginia(), 10s);
    EXPECT_EQ(old_primary.key_state, KeyState::enabled);
    EXPECT_EQ(old_primary.arn, kArn);
    EXPECT_EQ(old_primary.multi_region_configuration->type, MultiRegionKeyType::replica);
    const KeyMetadata successor = describe(in_ireland(), 10s);
    EXPECT_EQ(successor.multi_region_configuration->type, MultiRegionKeyType::primary);
    EXPECT_EQ(successor.multi_region_configuration->primary_key->region, "eu-west-1");
    EXPECT_EQ(successor.multi_region_configuration->replica_keys[0].region, "us-east-1");
    EXPECT_EQ(refusal_of(replicate(ReplicateKeyRequest(kKeyId, "eu-west-2"), 10s)).message,
              std::string(kArn) + " is not a multi-region primary key.");
    result_of(call(ReplicateKeyRequest(kKeyId, "eu-west-2"), 10s, in_ireland()));
}

TEST_F(KeyStatesTest, OnlyAReplicaThatIsEnabledIsPromotedAndOnlyAtThePrimary) {
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
    model_.set_state(primary().in(ireland()), KeyState::disabled);
    expect_refusal(call(request), "DisabledException", std::string(kReplicaArn) + " is disabled.");
    model_.set_state(primary().in(ireland()), KeyState::enabled);
    model_.set_state(primary(), KeyState::disabled);
    expect_refusal(call(request), "DisabledException", std::string(kArn) + " is disabled.");
    EXPECT_EQ(refusal_of(call(UpdatePrimaryRegionRequest(kKeyId, "nowhere"))).wire_code,
              "ValidationException");
}

}  // namespace
}  // namespace keyferry
