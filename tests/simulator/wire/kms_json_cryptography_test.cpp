// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/wire/kms_json.hpp"

#include <gtest/gtest.h>

namespace keyferry::simulator {
namespace {

template <typename Result>
std::string body_of(const Result& result) {
    std::string body;
    append_body(result, body);
    return body;
}

TEST(CryptographyJsonTest, reads_every_member_of_encrypt) {
    const auto decoded = decode_request<EncryptRequest>(
        R"({"KeyId":"k","Plaintext":"cGxhaW4=","EncryptionContext":{"a":"b","c":""},
            "GrantTokens":["t"],"EncryptionAlgorithm":"SYMMETRIC_DEFAULT","DryRun":true})");
    const auto& request = std::get<EncryptRequest>(decoded);
    EXPECT_EQ(request.key_id, "k");
    EXPECT_EQ(request.plaintext.reveal(), "plain");
    EXPECT_EQ(request.context, (EncryptionContext{{"a", "b"}, {"c", ""}}));
    EXPECT_EQ(request.options.dry_run, true);
    EXPECT_FALSE(request.options.has_recipient);
    EXPECT_EQ(request.algorithm, "SYMMETRIC_DEFAULT");
}

TEST(CryptographyJsonTest, decrypt_needs_no_key_id) {
    const auto decoded =
        decode_request<DecryptRequest>(R"({"CiphertextBlob":"AAE=","Recipient":{}})");
    const auto& request = std::get<DecryptRequest>(decoded);
    EXPECT_EQ(request.key_id, "");
    EXPECT_EQ(request.ciphertext, std::string("\0\1", 2));
    EXPECT_TRUE(request.options.has_recipient);
}

TEST(CryptographyJsonTest, optional_key_ids_must_not_be_empty) {
    const auto decrypt = decode_request<DecryptRequest>(R"({"KeyId":"","CiphertextBlob":"AAE="})");
    EXPECT_EQ(std::get<KmsRefusal>(decrypt).wire_code, "ValidationException");
    const auto again = decode_request<ReEncryptRequest>(
        R"({"SourceKeyId":"","DestinationKeyId":"k","CiphertextBlob":"AAE="})");
    EXPECT_EQ(std::get<KmsRefusal>(again).message,
              "1 validation error detected: Value '' at 'sourceKeyId' failed to satisfy "
              "constraint: Member must have length greater than or equal to 1");
}

TEST(CryptographyJsonTest, reads_both_sides_of_re_encrypt) {
    const auto decoded = decode_request<ReEncryptRequest>(
        R"({"CiphertextBlob":"AAE=","SourceKeyId":"s","DestinationKeyId":"d",
            "SourceEncryptionContext":{"a":"1"},"DestinationEncryptionContext":{"b":"2"},
            "SourceEncryptionAlgorithm":"x","DestinationEncryptionAlgorithm":"y"})");
    const auto& request = std::get<ReEncryptRequest>(decoded);
    EXPECT_EQ(request.source_key_id, "s");
    EXPECT_EQ(request.key_id, "d");
    EXPECT_EQ(request.source_context, (EncryptionContext{{"a", "1"}}));
    EXPECT_EQ(request.context, (EncryptionContext{{"b", "2"}}));
    EXPECT_EQ(request.source_algorithm, "x");
    EXPECT_EQ(request.algorithm, "y");
}

TEST(CryptographyJsonTest, wrong_types_are_rejected) {
    for (const char* body : {R"({"KeyId":"k","Plaintext":"cGxhaW4=","EncryptionContext":[]})",
                             R"({"KeyId":"k","Plaintext":"cGxhaW4=","EncryptionContext":{"a":1}})",
                             R"({"KeyId":"k","Plaintext":"cGxhaW4=","GrantTokens":[1]})",
                             R"({"KeyId":"k","Plaintext":"not base64"})"}) {
        const auto decoded = decode_request<EncryptRequest>(body);
        ASSERT_TRUE(std::holds_alternative<KmsRefusal>(decoded)) << body;
        EXPECT_EQ(std::get<KmsRefusal>(decoded).wire_code, "SerializationException") << body;
    }
    const auto decoded = decode_request<EncryptRequest>("{}");
    EXPECT_EQ(std::get<KmsRefusal>(decoded).wire_code, "ValidationException");
}

TEST(CryptographyJsonTest, secrets_are_base64_in_responses) {
    DecryptResult result;
    result.key_id = "arn";
    result.plaintext = io::Secret("plain");
    result.algorithm = "SYMMETRIC_DEFAULT";
    result.key_material_id = "m";
    EXPECT_EQ(body_of(result),
              R"({"KeyId":"arn","Plaintext":"cGxhaW4=","EncryptionAlgorithm":"SYMMETRIC_DEFAULT",)"
              R"("KeyMaterialId":"m"})");
}

TEST(CryptographyJsonTest, public_key_comes_with_its_algorithms) {
    GetPublicKeyResult result;
    result.key_id = "arn";
    result.public_key = "der";
    result.key_spec = "ECC_NIST_P256";
    result.usage = KeyUsage::sign_verify;
    EXPECT_EQ(body_of(result),
              R"({"KeyId":"arn","PublicKey":"ZGVy","CustomerMasterKeySpec":"ECC_NIST_P256",)"
              R"("KeySpec":"ECC_NIST_P256","KeyUsage":"SIGN_VERIFY",)"
              R"("SigningAlgorithms":["ECDSA_SHA_256"]})");
}

TEST(CryptographyJsonTest, last_usage_is_empty_before_the_first_use) {
    GetKeyLastUsageResult result;
    result.key_id = "arn";
    result.created_s = 1.5;
    result.tracked_since_s = 1.5;
    EXPECT_EQ(body_of(result),
              R"({"KeyId":"arn","KeyLastUsage":{},"TrackingStartDate":1.500,)"
              R"("KeyCreationDate":1.500})");
    result.operation = "Encrypt";
    result.used_s = 2;
    EXPECT_EQ(body_of(result),
              R"({"KeyId":"arn","KeyLastUsage":{"Operation":"Encrypt","Timestamp":2.000},)"
              R"("TrackingStartDate":1.500,"KeyCreationDate":1.500})");
}

}  // namespace
}  // namespace keyferry::simulator
