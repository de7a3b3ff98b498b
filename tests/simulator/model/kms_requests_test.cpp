// SPDX-License-Identifier: Apache-2.0
// Tests the validation of request members, CreateKey and ListKeys.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::HasSubstr;
using testing::StartsWith;

// ------------------------------------------------------------------------- members and policies

TEST_F(KmsModelTest, invalid_replica_region_is_reported_in_aws_format) {
    expect_refusal(replicate(io::ReplicateKeyRequest(std::string(kKeyIdText), "Ireland")),
                   "ValidationException",
                   "1 validation error detected: Value 'Ireland' at 'replicaRegion' failed to "
                   "satisfy constraint: Member must satisfy regular expression pattern: "
                   "^([a-z]+-){2,3}\\d+$");
}

TEST_F(KmsModelTest, all_validation_errors_are_reported_together) {
    io::ReplicateKeyRequest request("", "eu-west-1");
    request.description = std::string(8193, 'x');
    request.tags = {io::Tag("", std::string(257, 'v'))};
    const KmsRefusal refusal = refusal_of(replicate(request));
    EXPECT_THAT(refusal.message, StartsWith("4 validation errors detected: Value '' at 'keyId'"));
    EXPECT_THAT(refusal.message, HasSubstr("at 'tags.1.member.tagKey'"));
    EXPECT_THAT(refusal.message,
                HasSubstr("at 'tags.1.member.tagValue' failed to satisfy constraint: Member must "
                          "have length less than or equal to 256"));
}

TEST_F(KmsModelTest, lengths_count_characters_not_bytes) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.description.emplace();
    for (int i = 0; i < 8192; ++i) {
        *request.description += "\u00e9";
    }
    result_of(replicate(request));
}

TEST_F(KmsModelTest, tag_violations_are_tag_exceptions) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.tags.assign({io::Tag("AwS:x", "1")});
    expect_refusal(replicate(request), "TagException", "Tags beginning with aws: are reserved");
    request.tags.assign({io::Tag("a", "1"), io::Tag("a", "2")});
    expect_refusal(replicate(request), "TagException", "Duplicate tag keys");
    request.tags.clear();
    for (int i = 0; i < 51; ++i) {
        request.tags.emplace_back("key" + std::to_string(i), "");
    }
    expect_refusal(replicate(request), "TagException", "Too many tags");
    request.tags.pop_back();
    result_of(replicate(request));
}

TEST_F(KmsModelTest, policy_must_not_lock_out_its_author) {
    constexpr std::string_view kLockout =
        "The new key policy will not allow you to update the key policy in the future.";
    const auto policy = [](std::string_view principal, std::string_view action) {
        return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" +
               std::string(principal) + R"("},"Action":[")" + std::string(action) +
               R"("],"Resource":"*"}]})";
    };
    const auto put = [&](const std::string& text, bool bypass = false) {
        io::PutKeyPolicyRequest request(kKeyId, text);
        request.bypass_policy_lockout_safety_check = bypass;
        const auto handled = model_.handle(in_virginia(), request, at(0s));
        const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
        return refusal != nullptr ? refusal->message : "";
    };
    EXPECT_EQ(put(policy("arn:aws:iam::111122223333:root", "kms:*")), "");
    EXPECT_EQ(put(policy("111122223333", "kms:put*")), "");
    EXPECT_EQ(put(policy("*", "*")), "");
    EXPECT_EQ(put(policy("arn:aws:iam::111122223333:root", "kms:Decrypt")), kLockout);
    EXPECT_EQ(put(policy("arn:aws:iam::999988887777:root", "kms:*")), kLockout);
    EXPECT_EQ(put(policy("999988887777", "kms:*"), true), "");
}

TEST_F(KmsModelTest, invalid_policy_is_malformed) {
    for (const char* text : {"not json",
                             "[]",
                             "{}",
                             R"({"Statement":[]})",
                             R"({"Statement":[1]})",
                             R"({"Statement":{"Effect":"Allow","Action":"kms:*"}})",
                             R"({"Statement":{"Principal":"*","Action":"kms:*"}})",
                             R"({"Statement":{"Effect":"Allow","Principal":"*"}})"}) {
        io::ReplicateKeyRequest request = replicate_to_ireland();
        request.policy = text;
        EXPECT_EQ(refusal_of(replicate(request)).code, io::KmsErrorCode::malformed_policy_document)
            << text;
    }
}

TEST_F(KmsModelTest, policy_over_32_kilobytes_exceeds_the_limit) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.policy = std::string(32'769, ' ');
    EXPECT_EQ(refusal_of(replicate(request)).code, io::KmsErrorCode::limit_exceeded);
}

TEST_F(KmsModelTest, non_latin1_policy_fails_validation) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.policy = "\u20ac";
    EXPECT_EQ(refusal_of(replicate(request)).code, io::KmsErrorCode::validation);
}

// --------------------------------------------------------------------------- CreateKey, ListKeys

TEST_F(KmsModelTest, create_key_defaults_to_an_enabled_single_region_key) {
    const auto handled = model_.handle(in_virginia(), io::CreateKeyRequest(), at(0s));
    const io::KeyMetadata& created = result_of(handled).key_metadata;
    EXPECT_EQ(created.key_id.size(), 36U);
    EXPECT_EQ(created.multi_region, false);
    EXPECT_FALSE(created.multi_region_configuration.has_value());
    EXPECT_EQ(created.key_state, io::KeyState::enabled);
    EXPECT_EQ(created.key_spec, "SYMMETRIC_DEFAULT");
    EXPECT_EQ(created.key_usage, "ENCRYPT_DECRYPT");
    EXPECT_EQ(created.origin, "AWS_KMS");
    EXPECT_EQ(handled.effect.kind, EffectKind::key_created);
}

TEST_F(KmsModelTest, multi_region_key_starts_as_primary_without_replicas) {
    io::CreateKeyRequest request;
    request.multi_region = true;
    const io::KeyMetadata created =
        result_of(model_.handle(in_virginia(), request, at(0s))).key_metadata;
    EXPECT_THAT(created.key_id, StartsWith("mrk-"));
    EXPECT_EQ(created.multi_region_configuration->type, io::MultiRegionKeyType::primary);
    EXPECT_TRUE(created.multi_region_configuration->replica_keys.empty());
    result_of(replicate(io::ReplicateKeyRequest(created.key_id, "eu-west-1")));
}

TEST_F(KmsModelTest, external_key_starts_in_pending_import) {
    io::CreateKeyRequest request;
    request.origin = "EXTERNAL";
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).key_metadata.key_state,
              io::KeyState::pending_import);
}

TEST_F(KmsModelTest, key_spec_and_key_usage_must_be_compatible) {
    io::CreateKeyRequest request;
    request.key_spec = "HMAC_256";
    expect_refusal(model_.handle(in_virginia(), request, at(0s)),
                   "ValidationException",
                   "You must specify a KeyUsage value for all KMS keys except for symmetric "
                   "encryption keys.");
    request.key_usage = "SIGN_VERIFY";
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), request, at(0s))).code,
              io::KmsErrorCode::validation);
    request.key_usage = "GENERATE_VERIFY_MAC";
    result_of(model_.handle(in_virginia(), request, at(0s)));
    request.key_spec = "ROT13";
    EXPECT_THAT(refusal_of(model_.handle(in_virginia(), request, at(0s))).message,
                HasSubstr("Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSA_2048"));
}

TEST_F(KmsModelTest, list_keys_paginates_until_complete) {
    for (int i = 0; i < 4; ++i) {
        result_of(model_.handle(in_virginia(), io::CreateKeyRequest(), at(0s)));
    }
    io::ListKeysRequest request;
    request.limit = 2;
    std::vector<std::string> arns;
    bool more = true;
    while (more) {
        const io::ListKeysResult page = result_of(model_.handle(in_virginia(), request, at(0s)));
        EXPECT_LE(page.keys.size(), 2U);
        EXPECT_EQ(page.truncated, page.next_marker.has_value());
        for (const io::KeyListEntry& key : page.keys) {
            arns.push_back(key.key_arn);
        }
        more = page.truncated;
        request.marker = page.next_marker;
    }
    EXPECT_EQ(arns.size(), 5U);
    EXPECT_EQ(arns.front(), kArn);
}

TEST_F(KmsModelTest, list_keys_lists_one_region) {
    result_of(replicate(replicate_to_ireland()));
    const auto listed = model_.handle(in_ireland(), io::ListKeysRequest(), at(0s));
    ASSERT_EQ(result_of(listed).keys.size(), 1U);
    EXPECT_EQ(result_of(listed).keys[0].key_arn, kReplicaArn);
}

TEST_F(KmsModelTest, unknown_marker_is_invalid) {
    io::ListKeysRequest request;
    for (const char* marker : {"x", "keys-from-9", "keys-from-1x", "keys-from--1"}) {
        request.marker = marker;
        EXPECT_EQ(refusal_of(model_.handle(in_virginia(), request, at(0s))).code,
                  io::KmsErrorCode::invalid_marker)
            << marker;
    }
    request.marker.reset();
    request.limit = 1001;
    EXPECT_EQ(refusal_of(model_.handle(in_virginia(), request, at(0s))).code,
              io::KmsErrorCode::validation);
}

}  // namespace
}  // namespace keyferry::simulator
