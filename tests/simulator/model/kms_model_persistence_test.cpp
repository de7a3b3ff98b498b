// SPDX-License-Identifier: Apache-2.0
// Saves the state of a model and loads it into another.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tests/simulator/model/wrapped_material.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::HasSubstr;

class KmsModelPersistenceTest : public KmsModelTest {
  protected:
    template <typename Request>
    void call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        result_of(model_.handle(place, request, at(when)));
    }
    /// Another model with the current state of this one.
    std::unique_ptr<KmsModel> loaded(std::chrono::nanoseconds when) {
        auto other = std::make_unique<KmsModel>(KmsModelSettings{});
        const auto problem = other->load_state(model_.state_text(at(when)), at(when));
        EXPECT_FALSE(problem) << problem->text;
        return other;
    }
    static io::KeyMetadata describe_in(KmsModel& model,
                                       const io::AccountRegion& place,
                                       std::chrono::nanoseconds when) {
        return result_of(model.handle(place, io::DescribeKeyRequest(kKeyId), at(when)))
            .key_metadata;
    }
};

TEST_F(KmsModelPersistenceTest, restores_keys_and_their_attributes) {
    call(io::TagResourceRequest(kKeyId, {io::Tag("team", "cards"), io::Tag("empty", "")}));
    call(io::UpdateKeyDescriptionRequest(kKeyId, "\"caf\u00e9\""));
    call(io::CreateAliasRequest("alias/orders", kKeyId));
    io::ReplicateKeyRequest replica(kKeyId, "eu-west-1");
    replica.description = "in Ireland";
    call(replica);
    call(DisableKeyRequest(kKeyId), 1s);
    const auto loaded_model = loaded(60s);
    KmsModel& other = *loaded_model;
    const auto view = other.view(primary(), at(60s).now);
    EXPECT_EQ(view->tags, (std::vector<io::Tag>{io::Tag("team", "cards"), io::Tag("empty", "")}));
    EXPECT_EQ(view->description, "\"caf\u00e9\"");
    EXPECT_EQ(view->state, io::KeyState::disabled);
    EXPECT_EQ(describe_in(other, in_ireland(), 60s).description, "in Ireland");
    EXPECT_EQ(
        result_of(other.handle(in_virginia(), io::DescribeKeyRequest("alias/orders"), at(60s)))
            .key_metadata.key_id,
        kKeyId);
    EXPECT_EQ(other.state_text(at(60s)), model_.state_text(at(60s)));
}

TEST_F(KmsModelPersistenceTest, restores_pending_transitions) {
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"));
    ScheduleKeyDeletionRequest deletion(kKeyId);
    deletion.pending_window_days = 7;
    const auto loaded_model = loaded(1s);
    KmsModel& other = *loaded_model;
    EXPECT_EQ(describe_in(other, in_ireland(), 1s).key_state, io::KeyState::creating);
    EXPECT_EQ(describe_in(other, in_ireland(), 7s).key_state, io::KeyState::enabled);
    call(deletion, 8s, in_ireland());
    const auto loaded_later = loaded(9s);
    KmsModel& later = *loaded_later;
    EXPECT_EQ(describe_in(later, in_ireland(), 9s).key_state, io::KeyState::pending_deletion);
    EXPECT_EQ(
        refusal_of(later.handle(in_ireland(), io::DescribeKeyRequest(kKeyId), at(8 * 24h))).code,
        io::KmsErrorCode::not_found);
}

TEST_F(KmsModelPersistenceTest, restores_rotation) {
    EnableKeyRotationRequest rotation(kKeyId);
    rotation.period_days = 90;
    call(rotation);
    const auto loaded_model = loaded(1s);
    KmsModel& other = *loaded_model;
    const GetKeyRotationStatusRequest status(kKeyId);
    EXPECT_EQ(result_of(other.handle(in_virginia(), status, at(1s))).period_days, 90);
    const auto once = describe_in(other, in_virginia(), 91 * 24h).current_key_material_id;
    EXPECT_NE(describe_in(other, in_virginia(), 181 * 24h).current_key_material_id, once);
}

TEST_F(KmsModelPersistenceTest, rejects_invalid_state) {
    for (const std::string text : {"",
                                   "{}",
                                   "[]",
                                   R"({"version":2,"keys":[],"aliases":[]})",
                                   R"({"version":1,"keys":[{}],"aliases":[]})",
                                   R"({"version":1,"keys":[{"id":"mrk-1"}],"aliases":[]})"}) {
        KmsModel other{KmsModelSettings{}};
        EXPECT_TRUE(other.load_state(text, at(0s))) << text;
    }
    const std::string text = model_.state_text(at(0s));
    EXPECT_THAT(model_.load_state(text, at(0s))->text, HasSubstr("twice"));
}

}  // namespace
}  // namespace keyferry::simulator
