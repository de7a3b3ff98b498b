// SPDX-License-Identifier: Apache-2.0
// Tests CreateAlias, UpdateAlias and DeleteAlias.
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
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kOtherId = "mrk-00000000000000000000000000000001";

io::KeyArn other_primary() {
    return io::KeyArn(virginia(), account(), io::KeyId::parse(kOtherId).value());
}

class AliasChangesTest : public KmsModelTest {
  protected:
    AliasChangesTest() { model_.add_primary_key(other_primary()); }

    Handled<io::EmptyResult> create(const std::string& name, const std::string& key = kKeyId) {
        return model_.handle(in_virginia(), io::CreateAliasRequest(name, key), at(1s));
    }
    Handled<io::EmptyResult> update(const std::string& name, const std::string& key) {
        return model_.handle(in_virginia(), io::UpdateAliasRequest(name, key), at(2s));
    }
    Handled<io::EmptyResult> remove(const std::string& name) {
        return model_.handle(in_virginia(), io::DeleteAliasRequest(name), at(3s));
    }
    std::vector<io::AliasListEntry> aliases() {
        return result_of(model_.handle(in_virginia(), io::ListAliasesRequest(), at(4s))).aliases;
    }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const io::AliasListEntry& alias : aliases()) {
            all.push_back(alias.alias_name + " " + alias.target_key_id.value_or(""));
        }
        return all;
    }
};

TEST_F(AliasChangesTest, create_alias_accepts_key_id_or_arn) {
    const auto handled = create("alias/orders");
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::alias_created);
    EXPECT_EQ(handled.effect.key_id.text(), kKeyId);
    result_of(create("alias/cards", other_primary().text()));
    EXPECT_THAT(names(), ElementsAre("alias/orders " + kKeyId, "alias/cards " + kOtherId));
    EXPECT_EQ(aliases()[0].creation_date_s, 1'800'000'001.0);
    EXPECT_EQ(result_of(model_.handle(in_virginia(), io::DescribeKeyRequest("alias/cards"), at(2s)))
                  .key_metadata.key_id,
              kOtherId);
}

TEST_F(AliasChangesTest, alias_names_are_unique_per_region) {
    result_of(create("alias/orders"));
    const std::string text =
        "An alias with the name arn:aws:kms:us-east-1:111122223333:alias/orders already exists";
    expect_refusal(create("alias/orders", kOtherId), "AlreadyExistsException", text);
    expect_refusal(create("alias/orders"), "AlreadyExistsException", text);
    model_.add_replica(primary(), ireland());
    result_of(model_.handle(in_ireland(), io::CreateAliasRequest("alias/orders", kKeyId), at(1s)));
}

TEST_F(AliasChangesTest, rejects_invalid_alias_names) {
    const auto refusal = [&](const std::string& name) {
        return refusal_of(create(name));
    };
    EXPECT_EQ(refusal("").wire_code, "ValidationException");
    EXPECT_EQ(refusal("alias/" + std::string(251, 'x')).wire_code, "ValidationException");
    EXPECT_THAT(refusal("alias/a b").message,
                HasSubstr("Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"));
    EXPECT_EQ(refusal("orders").wire_code, "ValidationException");
    EXPECT_THAT(refusal("orders").message, HasSubstr("must start with the prefix \"alias/\""));
    EXPECT_EQ(refusal("alias/a:b").wire_code, "ValidationException");
    EXPECT_EQ(refusal("alias/").wire_code, "InvalidAliasNameException");
    EXPECT_EQ(refusal("alias/aws/s3").wire_code, "InvalidAliasNameException");
    result_of(create("alias/awsome/A-z_0"));
    EXPECT_EQ(refusal_of(update("orders", kKeyId)).wire_code, "ValidationException");
    EXPECT_EQ(refusal_of(remove("orders")).wire_code, "ValidationException");
}

TEST_F(AliasChangesTest, target_must_be_an_existing_key) {
    const std::string unknown = "mrk-ffffffffffffffffffffffffffffffff";
    expect_refusal(create("alias/a", "alias/b"),
                   "ValidationException",
                   "Aliases must refer to keys. Not aliases");
    expect_refusal(create("alias/a", unknown),
                   "NotFoundException",
                   "Key 'arn:aws:kms:us-east-1:111122223333:key/" + unknown + "' does not exist");
    expect_refusal(
        create("alias/a", std::string(kReplicaArn)), "NotFoundException", "Invalid arn eu-west-1");
    EXPECT_EQ(refusal_of(create("alias/a", "")).wire_code, "ValidationException");
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AliasChangesTest, key_has_at_most_50_aliases) {
    for (int i = 0; i < 50; ++i) {
        result_of(create("alias/n" + std::to_string(i)));
    }
    EXPECT_EQ(refusal_of(create("alias/one-more")).wire_code, "LimitExceededException");
    result_of(create("alias/other", kOtherId));
    EXPECT_EQ(refusal_of(update("alias/other", kKeyId)).wire_code, "LimitExceededException");
    result_of(update("alias/n0", kKeyId));
    result_of(remove("alias/n0"));
    result_of(create("alias/one-more"));
}

TEST_F(AliasChangesTest, update_alias_changes_the_target) {
    result_of(create("alias/orders"));
    const auto handled = update("alias/orders", kOtherId);
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::alias_changed);
    EXPECT_EQ(handled.effect.key_id.text(), kOtherId);
    EXPECT_THAT(names(), ElementsAre("alias/orders " + kOtherId));
    EXPECT_EQ(aliases()[0].creation_date_s, 1'800'000'001.0);
    EXPECT_EQ(aliases()[0].last_updated_date_s, 1'800'000'002.0);
}

TEST_F(AliasChangesTest, update_alias_requires_same_type_and_usage) {
    const io::KeyArn hmac =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000002")
            .value();
    SeededKey seeded;
    seeded.key_spec = "HMAC_256";
    ASSERT_TRUE(model_.add_primary_key(hmac, seeded));
    result_of(create("alias/orders"));
    EXPECT_EQ(refusal_of(update("alias/orders", hmac.text())).wire_code,
              "KMSInvalidStateException");
}

TEST_F(AliasChangesTest, deleted_alias_is_not_found) {
    result_of(create("alias/a"));
    result_of(create("alias/b", kOtherId));
    const auto handled = remove("alias/a");
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::alias_deleted);
    EXPECT_EQ(handled.effect.key_id.text(), kKeyId);
    EXPECT_THAT(names(), ElementsAre("alias/b " + kOtherId));
    const std::string text = "Alias arn:aws:kms:us-east-1:111122223333:alias/a is not found.";
    expect_refusal(remove("alias/a"), "NotFoundException", text);
    expect_refusal(update("alias/a", kKeyId), "NotFoundException", text);
}

TEST_F(AliasChangesTest, aws_aliases_cannot_be_changed) {
    model_.add_alias(in_virginia(), "alias/aws/s3", std::nullopt);
    EXPECT_EQ(refusal_of(remove("alias/aws/s3")).wire_code, "NotFoundException");
    EXPECT_EQ(refusal_of(update("alias/aws/s3", kKeyId)).wire_code, "NotFoundException");
}

TEST_F(AliasChangesTest, aliases_of_a_key_pending_deletion_can_only_be_deleted) {
    result_of(create("alias/orders"));
    result_of(create("alias/cards", kOtherId));
    model_.set_state(primary(), io::KeyState::pending_deletion);
    const std::string text = std::string(kArn) + " is pending deletion.";
    expect_refusal(create("alias/new"), "KMSInvalidStateException", text);
    expect_refusal(update("alias/cards", kKeyId), "KMSInvalidStateException", text);
    result_of(update("alias/orders", kOtherId));
    model_.set_state(primary(), io::KeyState::creating);
    result_of(create("alias/new"));
    model_.set_state(primary(), io::KeyState::pending_deletion);
    result_of(remove("alias/new"));
}

}  // namespace
}  // namespace keyferry::simulator
