// SPDX-License-Identifier: Apache-2.0
// Saves a model as records and loads them into another.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tests/simulator/model/wrapped_material.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <cstdint>
#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class KmsModelPersistenceTest : public KmsModelTest {
  protected:
    template <typename Request>
    void call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        result_of(model_.handle(place, request, at(when)));
    }
    /// Returns another model with the current state of this one.
    std::unique_ptr<KmsModel> loaded(std::chrono::nanoseconds when) {
        auto other = std::make_unique<KmsModel>(KmsModelSettings{});
        copy_state(model_, *other, at(when));
        return other;
    }
    static void load(const std::string& record, KmsModel& into, std::chrono::nanoseconds when) {
        const auto problem = into.load_record(boost::json::parse(record).as_object(), at(when));
        EXPECT_FALSE(problem) << problem->text << ": " << record;
    }
    /// Returns the changes since the last call.
    std::vector<std::string> changes(std::chrono::nanoseconds when) {
        std::vector<std::string> records;
        model_.save_changes(at(when),
                            [&](const std::string& record) { records.push_back(record); });
        return records;
    }
    /// Returns the ID of a new grant.
    std::string grant_to_app(std::chrono::nanoseconds when,
                             const io::AccountRegion& place = in_virginia()) {
        CreateGrantRequest request(kKeyId);
        request.grantee_principal = "arn:aws:iam::111122223333:user/app";
        request.operations = {"Encrypt"};
        return result_of(model_.handle(place, request, at(when))).grant_id;
    }
    static io::CreateKeyRequest multi_region() {
        io::CreateKeyRequest request;
        request.multi_region = true;
        return request;
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
    call(io::DisableKeyRequest(kKeyId), 1s);
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

TEST_F(KmsModelPersistenceTest, end_of_a_transition_is_not_changed_by_saving_and_loading) {
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"));
    const std::string saved = model_.state_text(at(0s));
    EXPECT_THAT(saved, HasSubstr("\"ready_ms\""));
    // The monotonic time has parts of a millisecond that the wall time does not have.
    for (const std::chrono::nanoseconds rest : {0ns, 1ns, 499'999ns, 999'999ns}) {
        EXPECT_EQ(model_.state_text(at(100ms + rest)), saved);
        KmsModel other{KmsModelSettings{}};
        copy_state(model_, other, at(100ms + rest));
        EXPECT_EQ(other.state_text(at(200ms - rest)), saved);
    }
}

TEST_F(KmsModelPersistenceTest, material_that_was_wrapped_before_a_restart_can_be_imported) {
    model_.remove_key(primary());
    SeededKey seeded;
    seeded.origin = KeyOrigin::external;
    seeded.state = io::KeyState::pending_import;
    ASSERT_TRUE(model_.add_primary_key(primary(), seeded));
    model_.record_changes();
    GetParametersForImportRequest parameters(kKeyId);
    parameters.wrapping_algorithm = "RSAES_OAEP_SHA_256";
    parameters.wrapping_key_spec = "RSA_2048";
    const auto with = result_of(model_.handle(in_virginia(), parameters, at(0s)));
    EXPECT_THAT(changes(0s),
                ElementsAre(StartsWith("{\"key\""),
                            StartsWith("{\"wrapping_key\""),
                            StartsWith("{\"import_token\"")));
    static_cast<void>(model_.handle(in_virginia(), parameters, at(0s)));
    EXPECT_THAT(changes(0s), ElementsAre(StartsWith("{\"key\""), StartsWith("{\"import_token\"")));
    EXPECT_THAT(model_.state_text(at(0s)), Not(HasSubstr("pkcs8")));
    ImportKeyMaterialRequest request(kKeyId);
    request.import_token = with.import_token;
    request.wrapped_bytes = wrapped(with.public_key, EVP_sha256(), std::string(32, 'm'));
    request.expiration_model = "KEY_MATERIAL_DOES_NOT_EXPIRE";
    const auto first = loaded(1s);
    const auto second = std::make_unique<KmsModel>(KmsModelSettings{});
    copy_state(*first, *second, at(2s));
    result_of(second->handle(in_virginia(), request, at(24h - 1s)));
    EXPECT_EQ(describe_in(*second, in_virginia(), 24h).key_state, io::KeyState::enabled);
    EXPECT_EQ(refusal_of(second->handle(in_virginia(), request, at(24h))).wire_code,
              "ExpiredImportTokenException");
    const auto later = loaded(25h);
    EXPECT_EQ(refusal_of(later->handle(in_virginia(), request, at(25h))).wire_code,
              "InvalidImportTokenException")
        << "expired tokens are not saved";
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

TEST_F(KmsModelPersistenceTest, restores_an_on_demand_rotation_in_progress) {
    call(RotateKeyOnDemandRequest(kKeyId));
    const auto before = describe_in(model_, in_virginia(), 1s).current_key_material_id;
    const auto other = loaded(2s);
    EXPECT_EQ(describe_in(*other, in_virginia(), 3s).current_key_material_id, before);
    EXPECT_NE(describe_in(*other, in_virginia(), 6s).current_key_material_id, before);
}

TEST_F(KmsModelPersistenceTest, creation_ends_at_the_same_time_when_loaded_later) {
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"));
    KmsModel other{KmsModelSettings{}};
    model_.save(at(1s), [&](const std::string& record) { load(record, other, 7s); });
    other.finish_loading();
    EXPECT_EQ(describe_in(other, in_ireland(), 7s).key_state, io::KeyState::enabled);
}

TEST_F(KmsModelPersistenceTest, changes_bring_another_model_up_to_date) {
    KmsModel other{KmsModelSettings{}};
    model_.record_changes();
    model_.save(at(0s), [&](const std::string& record) { load(record, other, 0s); });
    const auto follow = [&](std::chrono::nanoseconds when) {
        for (const std::string& record : changes(when)) {
            load(record, other, when);
        }
        EXPECT_EQ(other.state_text(at(when)), model_.state_text(at(when)));
    };
    call(io::CreateAliasRequest("alias/orders", kKeyId));
    call(io::CreateAliasRequest("alias/cards", kKeyId));
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"));
    follow(1s);
    call(io::CreateAliasRequest("alias/orders", kKeyId), 8s, in_ireland());
    call(io::UpdateKeyDescriptionRequest(kKeyId, "old"), 8s);
    call(io::DeleteAliasRequest("alias/cards"), 8s);
    call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1"), 8s);
    follow(9s);
    ScheduleKeyDeletionRequest deletion(kKeyId);
    deletion.pending_window_days = 7;
    call(deletion, 20s);
    follow(21s);
    call(io::ListKeysRequest(),
         8 * 24h);  // deletes the key and its alias, because the waiting period is over
    follow(8 * 24h);
    EXPECT_EQ(other.key_count(), 1U);
}

TEST_F(KmsModelPersistenceTest, only_changes_are_saved_and_only_once) {
    EXPECT_THAT(changes(0s), IsEmpty());
    model_.record_changes();
    call(io::DescribeKeyRequest(kKeyId));
    EXPECT_THAT(changes(0s), IsEmpty());
    call(io::UpdateKeyDescriptionRequest(kKeyId, "one"));
    call(io::UpdateKeyDescriptionRequest(kKeyId, "two"));
    EXPECT_THAT(changes(0s), ElementsAre(AllOf(HasSubstr("two"), Not(HasSubstr("one")))));
    EXPECT_THAT(changes(0s), IsEmpty());
}

TEST_F(KmsModelPersistenceTest, loaded_keys_keep_their_order_in_each_region) {
    const auto second = result_of(model_.handle(in_virginia(), multi_region(), at(0s)));
    const std::string second_id = second.key_metadata.key_id;
    KmsModel other{KmsModelSettings{}};
    model_.record_changes();
    model_.save(at(0s), [&](const std::string& record) { load(record, other, 0s); });
    call(io::UpdateKeyDescriptionRequest(kKeyId, "changed"));
    for (const std::string& record : changes(0s)) {
        load(record, other, 0s);
    }
    const auto listed = result_of(other.handle(in_virginia(), io::ListKeysRequest(), at(0s)));
    EXPECT_EQ(listed.keys.at(0).key_id, kKeyId);
    EXPECT_EQ(listed.keys.at(1).key_id, second_id);
}

TEST_F(KmsModelPersistenceTest, each_start_creates_different_key_ids) {
    const auto first_id_of = [](std::uint64_t start) {
        KmsModelSettings settings;
        settings.start = start;
        KmsModel model(settings);
        return result_of(model.handle(in_virginia(), multi_region(), at(0s))).key_metadata.key_id;
    };
    EXPECT_EQ(first_id_of(1), first_id_of(1));
    EXPECT_NE(first_id_of(1), first_id_of(2));
}

TEST_F(KmsModelPersistenceTest, new_ids_avoid_keys_of_the_state) {
    // With the same seed and start, the first random ID belongs to an existing key.
    const auto created = result_of(model_.handle(in_virginia(), multi_region(), at(0s)));
    const auto other = loaded(0s);
    const auto again = result_of(other->handle(in_virginia(), multi_region(), at(0s)));
    EXPECT_NE(again.key_metadata.key_id, created.key_metadata.key_id);
}

TEST_F(KmsModelPersistenceTest, rejects_invalid_records) {
    for (const std::string text : {R"({})",
                                   R"({"keys":[]})",
                                   R"({"key":[]})",
                                   R"({"key":{}})",
                                   R"({"key":{"id":"mrk-1"}})",
                                   R"({"alias":{"name":"alias/orders"}})",
                                   R"({"grant":{"key":"mrk-1"}})",
                                   R"({"last_use":{"key":"mrk-1"}})"}) {
        KmsModel other{KmsModelSettings{}};
        EXPECT_TRUE(other.load_record(boost::json::parse(text).as_object(), at(0s))) << text;
    }
}

TEST_F(KmsModelPersistenceTest, grants_and_uses_have_separate_records) {
    model_.record_changes();
    KmsModel follower{KmsModelSettings{}};
    model_.save(at(0s), [&](const std::string& record) { load(record, follower, 0s); });
    const auto follow = [&] {
        std::vector<std::string> records = changes(1s);
        for (const std::string& record : records) {
            load(record, follower, 1s);
        }
        EXPECT_EQ(follower.state_text(at(1s)), model_.state_text(at(1s)));
        return records;
    };
    const std::string grant_id = grant_to_app(0s);
    EXPECT_THAT(follow(),
                ElementsAre(AllOf(StartsWith(R"({"grant":{"key":)"), HasSubstr(grant_id))));
    EncryptRequest use(kKeyId);
    use.plaintext = io::Secret("plain");
    call(use, 1s);
    EXPECT_THAT(follow(),
                ElementsAre(AllOf(StartsWith(R"({"last_use":{"key":)"),
                                  HasSubstr(R"("operation":"Encrypt")"))));
    call(io::UpdateKeyDescriptionRequest(kKeyId, "granted and used"), 1s);
    EXPECT_THAT(follow(), ElementsAre(Not(HasSubstr(grant_id))));
    RevokeGrantRequest revoke(kKeyId);
    revoke.grant_id = grant_id;
    call(revoke, 1s);
    EXPECT_THAT(follow(), ElementsAre(HasSubstr(R"("ended":true)")));
    const auto other = loaded(1s);
    EXPECT_EQ(other->state_text(at(1s)), model_.state_text(at(1s)));
}

TEST_F(KmsModelPersistenceTest, a_new_replica_has_no_grants_of_a_deleted_one_in_its_region) {
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"));
    const std::string grant_id = grant_to_app(10s, in_ireland());
    ScheduleKeyDeletionRequest deletion(kKeyId);
    deletion.pending_window_days = 7;
    call(deletion, 20s, in_ireland());
    model_.record_changes();
    KmsModel follower{KmsModelSettings{}};
    model_.save(at(20s), [&](const std::string& record) { load(record, follower, 20s); });
    ASSERT_THAT(follower.state_text(at(20s)), HasSubstr(grant_id));
    // The same request deletes the old replica, whose waiting period is over, and creates the new
    // one.
    call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"), 8 * 24h);
    for (const std::string& record : changes(8 * 24h)) {
        load(record, follower, 8 * 24h);
    }
    EXPECT_EQ(follower.state_text(at(8 * 24h)), model_.state_text(at(8 * 24h)));
    EXPECT_THAT(follower.state_text(at(8 * 24h)), Not(HasSubstr(grant_id)));
}

TEST_F(KmsModelPersistenceTest, deleted_keys_stay_known) {
    EXPECT_TRUE(loaded(0s)->has_had_key(primary()));
    ScheduleKeyDeletionRequest deletion(kKeyId);
    deletion.pending_window_days = 7;
    call(deletion);
    const auto other = loaded(8 * 24h);
    EXPECT_EQ(other->key_count(), 0U);
    EXPECT_TRUE(other->has_had_key(primary()));
    KmsModel third{KmsModelSettings{}};
    copy_state(*other, third, at(8 * 24h));
    EXPECT_TRUE(third.has_had_key(primary()));
    EXPECT_FALSE(KmsModel(KmsModelSettings{}).has_had_key(primary()));
}

}  // namespace
}  // namespace keyferry::simulator
