// SPDX-License-Identifier: Apache-2.0
// Tests scheduled and on-demand key rotation.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;

constexpr double kRotationStart = 1'800'000'000;
constexpr double kDay = 86'400;
constexpr std::chrono::hours kDays = 24h;

class KeyRotationTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    GetKeyRotationStatusResult status(std::chrono::nanoseconds when = 0s,
                                      const io::AccountRegion& place = in_virginia()) {
        return result_of(call(GetKeyRotationStatusRequest(kKeyId), when, place));
    }
    std::vector<RotationEntry> rotations(std::chrono::nanoseconds when, bool all = false) {
        ListKeyRotationsRequest request(kKeyId);
        request.include_key_material = all ? "ALL_KEY_MATERIAL" : "ROTATIONS_ONLY";
        return result_of(call(request, when)).rotations;
    }
    std::string material(std::chrono::nanoseconds when) {
        return describe(in_virginia(), when).current_key_material_id.value_or("");
    }
};

TEST_F(KeyRotationTest, is_disabled_by_default) {
    EXPECT_FALSE(status().enabled);
    EXPECT_FALSE(status().period_days);
    EXPECT_FALSE(status().next_rotation_s);
    EXPECT_EQ(status().key_id, kKeyId);
    EXPECT_EQ(material(0s).size(), 64U);
    EXPECT_TRUE(rotations(0s).empty());
    ASSERT_EQ(rotations(0s, true).size(), 1U);
    EXPECT_EQ(rotations(0s, true)[0].key_material_id, material(0s));
    EXPECT_EQ(rotations(0s, true)[0].material_state, "CURRENT");
}

TEST_F(KeyRotationTest, period_is_one_year_by_default) {
    result_of(call(EnableKeyRotationRequest(kKeyId)));
    EXPECT_TRUE(status().enabled);
    EXPECT_EQ(status().period_days, 365);
    EXPECT_EQ(status().next_rotation_s, kRotationStart + 365 * kDay);
    EnableKeyRotationRequest request(kKeyId);
    for (const int days : {89, 2561}) {
        request.period_days = days;
        EXPECT_EQ(refusal_of(call(request)).wire_code, "ValidationException");
    }
    request.period_days = 90;
    result_of(call(request));
    EXPECT_EQ(status().next_rotation_s, kRotationStart + 90 * kDay);
    result_of(call(DisableKeyRotationRequest(kKeyId)));
    EXPECT_FALSE(status().enabled);
}

TEST_F(KeyRotationTest, happens_on_schedule) {
    EnableKeyRotationRequest request(kKeyId);
    request.period_days = 90;
    result_of(call(request));
    const std::string first = material(0s);
    EXPECT_EQ(material(90 * 24h - 1s), first);
    EXPECT_NE(material(90 * 24h), first);
    const auto done = rotations(181 * 24h);
    ASSERT_EQ(done.size(), 2U);
    EXPECT_EQ(done[0].rotation_date_s, kRotationStart + 90 * kDay);
    EXPECT_EQ(done[0].material_state, "NON_CURRENT");
    EXPECT_EQ(done[1].rotation_date_s, kRotationStart + 180 * kDay);
    EXPECT_EQ(done[1].rotation_type, "AUTOMATIC");
    EXPECT_EQ(done[1].key_material_id, material(181 * 24h));
    EXPECT_EQ(status(181 * 24h).next_rotation_s, kRotationStart + 270 * kDay);
}

TEST_F(KeyRotationTest, is_configured_on_the_primary_for_all_related_keys) {
    model_.add_replica(primary(), ireland());
    result_of(call(EnableKeyRotationRequest(kKeyId)));
    EXPECT_TRUE(status(0s, in_ireland()).enabled);
    EXPECT_EQ(refusal_of(call(EnableKeyRotationRequest(kKeyId), 0s, in_ireland())).wire_code,
              "UnsupportedOperationException");
    EXPECT_EQ(refusal_of(call(DisableKeyRotationRequest(kKeyId), 0s, in_ireland())).wire_code,
              "UnsupportedOperationException");
}

TEST_F(KeyRotationTest, pauses_while_the_key_is_disabled) {
    EnableKeyRotationRequest request(kKeyId);
    request.period_days = 90;
    result_of(call(request));
    const std::string first = material(0s);
    result_of(call(io::DisableKeyRequest(kKeyId), 10 * kDays));
    result_of(call(io::EnableKeyRequest(kKeyId), 20 * kDays));
    EXPECT_EQ(material(89 * kDays), first);
    ASSERT_EQ(rotations(91 * kDays).size(), 1U) << "no rotation was missed";
    const std::string second = material(91 * kDays);
    result_of(call(io::DisableKeyRequest(kKeyId), 100 * kDays));
    EXPECT_TRUE(status(400 * kDays).enabled);
    EXPECT_EQ(material(400 * kDays), second);
    result_of(call(io::EnableKeyRequest(kKeyId), 400 * kDays));
    ASSERT_EQ(rotations(401 * kDays).size(), 2U) << "missed rotations are combined into one";
    EXPECT_EQ(rotations(401 * kDays)[1].rotation_date_s, kRotationStart + 400 * kDay);
    EXPECT_EQ(status(401 * kDays).next_rotation_s, kRotationStart + 490 * kDay);
    EXPECT_EQ(rotations(491 * kDays).size(), 3U);
}

TEST_F(KeyRotationTest, is_off_while_the_key_is_pending_deletion) {
    EnableKeyRotationRequest request(kKeyId);
    request.period_days = 90;
    result_of(call(request));
    const std::string first = material(0s);
    result_of(call(ScheduleKeyDeletionRequest(kKeyId), 80 * kDays));
    EXPECT_FALSE(status(80 * kDays).enabled);
    EXPECT_FALSE(status(80 * kDays).next_rotation_s);
    EXPECT_EQ(material(100 * kDays), first);
    result_of(call(CancelKeyDeletionRequest(kKeyId), 100 * kDays));
    EXPECT_TRUE(status(100 * kDays).enabled);
    EXPECT_EQ(material(100 * kDays), first) << "the key is disabled";
    result_of(call(io::EnableKeyRequest(kKeyId), 101 * kDays));
    EXPECT_NE(material(101 * kDays), first);
}

TEST_F(KeyRotationTest, depends_on_the_state_of_the_primary_only) {
    model_.add_replica(primary(), ireland());
    EnableKeyRotationRequest request(kKeyId);
    request.period_days = 90;
    result_of(call(request));
    result_of(call(io::DisableKeyRequest(kKeyId), 1 * kDays, in_ireland()));
    EXPECT_EQ(rotations(91 * kDays).size(), 1U);
    result_of(call(io::DisableKeyRequest(kKeyId), 92 * kDays));
    result_of(call(io::EnableKeyRequest(kKeyId), 200 * kDays, in_ireland()));
    EXPECT_EQ(rotations(200 * kDays).size(), 1U);
}

TEST_F(KeyRotationTest, on_demand_takes_time) {
    const std::string first = material(0s);
    const auto handled = call(RotateKeyOnDemandRequest(kKeyId));
    EXPECT_EQ(result_of(handled).key_id, kArn) << "the ARN, although the request has the ID";
    EXPECT_EQ(handled.effect.kind, EffectKind::key_rotated);
    EXPECT_EQ(status(1s).on_demand_started_s, kRotationStart);
    EXPECT_EQ(material(1s), first);
    EXPECT_EQ(refusal_of(call(RotateKeyOnDemandRequest(kKeyId), 1s)).wire_code,
              "ConflictException");
    EXPECT_FALSE(status(5s).on_demand_started_s);
    EXPECT_NE(material(5s), first);
    ASSERT_EQ(rotations(5s).size(), 1U);
    EXPECT_EQ(rotations(5s)[0].rotation_type, "ON_DEMAND");
    EXPECT_FALSE(status(5s).enabled) << "scheduled rotation is separate";
}

TEST_F(KeyRotationTest, on_demand_conflicts_with_an_automatic_rotation_within_20_minutes) {
    EnableKeyRotationRequest request(kKeyId);
    request.period_days = 90;
    result_of(call(request));
    for (const std::chrono::nanoseconds before : {20min, 1min}) {
        EXPECT_EQ(refusal_of(call(RotateKeyOnDemandRequest(kKeyId), 90 * kDays - before)).wire_code,
                  "ConflictException");
    }
    result_of(call(RotateKeyOnDemandRequest(kKeyId), 90 * kDays));
    result_of(call(RotateKeyOnDemandRequest(kKeyId), 180 * kDays - 20min - 1s));
}

TEST_F(KeyRotationTest, on_demand_is_limited_to_25) {
    for (int i = 0; i < 25; ++i) {
        result_of(call(RotateKeyOnDemandRequest(kKeyId), i * 10s));
    }
    expect_refusal(call(RotateKeyOnDemandRequest(kKeyId), 1h),
                   "LimitExceededException",
                   "The on-demand rotations limit has been reached for the given keyId. No more "
                   "on-demand rotations can be performed for this key: " +
                       std::string(kArn));
}

TEST_F(KeyRotationTest, list_is_paginated) {
    for (int i = 0; i < 3; ++i) {
        result_of(call(RotateKeyOnDemandRequest(kKeyId), i * 10s));
    }
    ListKeyRotationsRequest request(kKeyId);
    request.limit = 2;
    const ListKeyRotationsResult page = result_of(call(request, 1h));
    EXPECT_EQ(page.rotations.size(), 2U);
    EXPECT_TRUE(page.truncated);
    request.marker = page.next_marker;
    EXPECT_EQ(result_of(call(request, 1h)).rotations.size(), 1U);
    request.marker = "keys-from-1";
    EXPECT_EQ(refusal_of(call(request, 1h)).wire_code, "InvalidMarkerException");
}

TEST_F(KeyRotationTest, requires_symmetric_aws_kms_key) {
    const auto code_for = [&](const SeededKey& seeded) {
        KmsModel model{KmsModelSettings()};
        model.add_primary_key(primary(), seeded);
        return refusal_of(model.handle(in_virginia(), EnableKeyRotationRequest(kKeyId), at(0s)));
    };
    SeededKey rsa;
    rsa.key_spec = "RSA_2048";
    EXPECT_EQ(code_for(rsa).wire_code, "UnsupportedOperationException");
    SeededKey external;
    external.origin = KeyOrigin::external;
    EXPECT_EQ(code_for(external).message,
              std::string(kArn) + " origin is EXTERNAL which is not valid for this operation.");
}

TEST_F(KeyRotationTest, requires_enabled_key) {
    model_.set_state(primary(), io::KeyState::disabled);
    EXPECT_EQ(refusal_of(call(EnableKeyRotationRequest(kKeyId))).wire_code, "DisabledException");
    EXPECT_EQ(refusal_of(call(RotateKeyOnDemandRequest(kKeyId))).wire_code, "DisabledException");
    EXPECT_FALSE(status().enabled);
}

}  // namespace
}  // namespace keyferry::simulator
