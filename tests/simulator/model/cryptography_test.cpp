// SPDX-License-Identifier: Apache-2.0
// Tests which keys, materials and key states cryptographic operations use.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tests/simulator/model/wrapped_material.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::string_view kOtherKeyId = "mrk-ffffffffffffffffffffffffffffffff";

io::KeyArn other_key() {
    return io::KeyArn(virginia(), account(), io::KeyId::parse(kOtherKeyId).value());
}

EncryptRequest encrypt_request(const std::string& plaintext = "plain",
                               const std::string& key_id = kKeyId) {
    EncryptRequest request(key_id);
    request.plaintext = io::Secret(plaintext);
    return request;
}

DecryptRequest decrypt_request(const std::string& ciphertext, const std::string& key_id = "") {
    DecryptRequest request(key_id);
    request.ciphertext = ciphertext;
    return request;
}

class CryptographyTest : public KmsModelTest {
  protected:
    CryptographyTest() { model_.add_replica(primary(), ireland()); }

    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    /// The ciphertext of "plain".
    std::string encrypted_at(std::chrono::nanoseconds when = 0s,
                             const io::AccountRegion& place = in_virginia()) {
        return result_of(call(encrypt_request(), when, place)).ciphertext;
    }
    std::string decrypted_at(std::chrono::nanoseconds when,
                             const std::string& ciphertext,
                             const io::AccountRegion& place = in_virginia()) {
        const auto handled = call(decrypt_request(ciphertext), when, place);
        return std::string(result_of(handled).plaintext.reveal());
    }
    void add_other_key(std::string spec, std::optional<KeyUsage> usage = std::nullopt) {
        SeededKey seeded;
        seeded.key_spec = std::move(spec);
        seeded.usage = usage;
        ASSERT_TRUE(model_.add_primary_key(other_key(), seeded));
    }
    GetKeyLastUsageResult last_usage(const io::AccountRegion& place = in_virginia()) {
        return result_of(call(GetKeyLastUsageRequest(kKeyId), 0s, place));
    }
};

TEST_F(CryptographyTest, related_keys_decrypt_each_others_ciphertexts) {
    const auto encrypted = result_of(call(encrypt_request()));
    EXPECT_EQ(encrypted.key_id, kArn);
    EXPECT_EQ(encrypted.algorithm, "SYMMETRIC_DEFAULT");
    const auto handled = call(decrypt_request(encrypted.ciphertext), 0s, in_ireland());
    const DecryptResult& decrypted = result_of(handled);
    EXPECT_EQ(decrypted.plaintext.reveal(), "plain");
    EXPECT_EQ(decrypted.key_id, kReplicaArn);
    EXPECT_EQ(decrypted.key_material_id, describe(in_ireland(), 0s).current_key_material_id);
    EXPECT_EQ(decrypted_at(0s, encrypted_at(0s, in_ireland())), "plain");
}

TEST_F(CryptographyTest, old_ciphertexts_can_be_decrypted_after_a_promotion) {
    const std::string ciphertext = encrypted_at();
    result_of(call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1")));
    EXPECT_EQ(decrypted_at(1s, ciphertext), "plain");  // while the key is Updating
    EXPECT_EQ(decrypted_at(60s, ciphertext), "plain");
    EXPECT_EQ(decrypted_at(60s, ciphertext, in_ireland()), "plain");
}

TEST_F(CryptographyTest, old_ciphertexts_can_be_decrypted_after_a_rotation) {
    const std::string first_id = describe(in_virginia(), 0s).current_key_material_id.value();
    const std::string old_ciphertext = encrypted_at();
    result_of(call(RotateKeyOnDemandRequest(kKeyId)));
    const std::string new_ciphertext = encrypted_at(60s);
    for (const auto& place : {in_virginia(), in_ireland()}) {
        EXPECT_EQ(decrypted_at(60s, old_ciphertext, place), "plain");
        EXPECT_EQ(decrypted_at(60s, new_ciphertext, place), "plain");
    }
    EXPECT_EQ(result_of(call(decrypt_request(old_ciphertext), 60s)).key_material_id, first_id);
    EXPECT_EQ(result_of(call(decrypt_request(new_ciphertext), 60s)).key_material_id,
              describe(in_virginia(), 60s).current_key_material_id);
    EXPECT_NE(describe(in_virginia(), 60s).current_key_material_id, first_id);
}

TEST_F(CryptographyTest, wrong_encryption_context_is_rejected) {
    EncryptRequest request = encrypt_request();
    request.context = {{"purpose", "test"}};
    const std::string ciphertext = result_of(call(request)).ciphertext;
    expect_refusal(call(decrypt_request(ciphertext)), "InvalidCiphertextException", "");
    DecryptRequest with_context = decrypt_request(ciphertext);
    with_context.context = {{"purpose", "test"}};
    EXPECT_EQ(result_of(call(with_context)).plaintext.reveal(), "plain");
}

TEST_F(CryptographyTest, ciphertext_of_another_key_is_rejected) {
    add_other_key("SYMMETRIC_DEFAULT");
    expect_refusal(
        call(decrypt_request(encrypted_at(), std::string(kOtherKeyId))),
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.");
    EXPECT_EQ(result_of(call(decrypt_request(encrypted_at(), kKeyId))).key_id, kArn);
    expect_refusal(call(decrypt_request("garbage")), "InvalidCiphertextException", "");
    expect_refusal(call(decrypt_request("garbage", kKeyId)), "InvalidCiphertextException", "");
}

TEST_F(CryptographyTest, ciphertext_of_a_key_that_is_not_in_the_region_is_rejected) {
    add_other_key("SYMMETRIC_DEFAULT");
    const std::string ciphertext =
        result_of(call(encrypt_request("plain", std::string(kOtherKeyId)))).ciphertext;
    expect_refusal(
        call(decrypt_request(ciphertext), 0s, in_ireland()),
        "AccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in "
        "this region, or you are not allowed to access.");
}

TEST_F(CryptographyTest, keys_can_be_named_by_alias) {
    result_of(call(io::CreateAliasRequest("alias/orders", kKeyId)));
    EXPECT_EQ(result_of(call(encrypt_request("x", "alias/orders"))).key_id, kArn);
    expect_refusal(call(GetKeyLastUsageRequest("alias/orders")),
                   "NotFoundException",
                   "Invalid keyId 'alias/orders'");
}

TEST_F(CryptographyTest, only_keys_in_use_encrypt_and_decrypt) {
    const std::string ciphertext = encrypted_at();
    result_of(call(io::DisableKeyRequest(kKeyId)));
    expect_refusal(
        call(encrypt_request()), "DisabledException", std::string(kArn) + " is disabled.");
    expect_refusal(call(decrypt_request(ciphertext)),
                   "DisabledException",
                   std::string(kArn) + " is disabled.");
    EXPECT_EQ(decrypted_at(0s, ciphertext, in_ireland()), "plain");
    result_of(call(ScheduleKeyDeletionRequest(kKeyId), 0s, in_ireland()));
    expect_refusal(call(encrypt_request(), 0s, in_ireland()),
                   "KMSInvalidStateException",
                   std::string(kReplicaArn) + " is pending deletion.");
}

TEST_F(CryptographyTest, key_usage_and_algorithm_must_match) {
    SignRequest sign(kKeyId);
    sign.message = io::Secret("x");
    sign.algorithm = "ECDSA_SHA_256";
    expect_refusal(
        call(sign),
        "InvalidKeyUsageException",
        std::string(kArn) + " key usage is ENCRYPT_DECRYPT which is not valid for Sign.");
    add_other_key("ECC_NIST_P384", KeyUsage::sign_verify);
    sign.key_id = kOtherKeyId;
    expect_refusal(call(sign),
                   "InvalidKeyUsageException",
                   "Algorithm ECDSA_SHA_256 is incompatible with key spec ECC_NIST_P384.");
    EXPECT_EQ(refusal_of(call(encrypt_request("x", std::string(kOtherKeyId)))).wire_code,
              "InvalidKeyUsageException");
    EXPECT_EQ(refusal_of(call(GetPublicKeyRequest(kKeyId))).wire_code,
              "UnsupportedOperationException");
}

TEST_F(CryptographyTest, key_specs_without_openssl_support_are_rejected) {
    add_other_key("ML_DSA_44");
    SignRequest sign{std::string(kOtherKeyId)};
    sign.message = io::Secret("x");
    sign.algorithm = "ML_DSA_SHAKE_256";
    expect_refusal(call(sign),
                   "UnsupportedOperationException",
                   "The simulator does not implement ML_DSA_SHAKE_256 with key spec ML_DSA_44.");
    EXPECT_EQ(refusal_of(call(GetPublicKeyRequest(std::string(kOtherKeyId)))).wire_code,
              "UnsupportedOperationException");
}

TEST_F(CryptographyTest, plaintext_has_1_to_4096_bytes) {
    EXPECT_EQ(result_of(call(encrypt_request(std::string(4096, 'x')))).key_id, kArn);
    EXPECT_THAT(refusal_of(call(encrypt_request(std::string(4097, 'x')))).message,
                HasSubstr("at 'plaintext' failed to satisfy constraint: Member must have length "
                          "less than or equal to 4096"));
    EXPECT_EQ(refusal_of(call(encrypt_request(""))).wire_code, "ValidationException");
}

TEST_F(CryptographyTest, errors_do_not_contain_the_plaintext) {
    EncryptRequest request = encrypt_request("confidential");
    request.algorithm = "unknown";
    EXPECT_THAT(refusal_of(call(request)).message, testing::Not(HasSubstr("confidential")));
}

TEST_F(CryptographyTest, dry_run_checks_the_request_without_an_effect) {
    EncryptRequest request = encrypt_request();
    request.options.dry_run = true;
    expect_refusal(call(request),
                   "DryRunOperationException",
                   "The request would have succeeded, but the DryRun option is set.");
    DecryptRequest decrypt = decrypt_request("garbage");
    decrypt.options.dry_run = true;
    EXPECT_EQ(refusal_of(call(decrypt)).wire_code, "InvalidCiphertextException");
    EXPECT_FALSE(last_usage().operation);
}

TEST_F(CryptographyTest, data_keys_can_be_decrypted) {
    GenerateDataKeyRequest request(kKeyId);
    request.key_spec = "AES_256";
    const auto handled = call(request);
    const DataKeyResult& key = result_of(handled);
    EXPECT_EQ(key.plaintext.reveal().size(), 32U);
    EXPECT_EQ(decrypted_at(0s, key.ciphertext, in_ireland()), key.plaintext.reveal());
    request.key_spec = "AES_128";
    EXPECT_EQ(result_of(call(request)).plaintext.reveal().size(), 16U);
    request.number_bytes = 7;
    expect_refusal(
        call(request), "ValidationException", "Please specify either number of bytes or key spec.");
    request.key_spec = std::nullopt;
    EXPECT_EQ(result_of(call(request)).plaintext.reveal().size(), 7U);
    GenerateDataKeyWithoutPlaintextRequest without(kKeyId);
    without.number_bytes = 1024;
    EXPECT_EQ(decrypted_at(0s, result_of(call(without)).ciphertext).size(), 1024U);
}

TEST_F(CryptographyTest, private_keys_of_data_key_pairs_can_be_decrypted) {
    GenerateDataKeyPairRequest request(kKeyId);
    request.key_pair_spec = "ECC_NIST_P256";
    const auto handled = call(request);
    const DataKeyPairResult& pair = result_of(handled);
    EXPECT_EQ(decrypted_at(0s, pair.private_key_ciphertext), pair.private_key.reveal());
    EXPECT_EQ(KeyPair::from_der("ECC_NIST_P256", pair.private_key.reveal())->public_key_der(),
              pair.public_key);
    GenerateDataKeyPairWithoutPlaintextRequest without(kKeyId);
    without.key_pair_spec = "SM2";
    expect_refusal(call(without),
                   "UnsupportedOperationException",
                   "The simulator does not generate SM2 key pairs.");
}

TEST_F(CryptographyTest, re_encrypt_changes_key_and_context) {
    add_other_key("SYMMETRIC_DEFAULT");
    ReEncryptRequest request{std::string(kOtherKeyId)};
    request.ciphertext = encrypted_at();
    request.context = {{"a", "b"}};
    const auto result = result_of(call(request));
    EXPECT_EQ(result.source_key_id, kArn);
    EXPECT_THAT(result.key_id, EndsWith(kOtherKeyId));
    EXPECT_NE(result.source_key_material_id, result.key_material_id);
    DecryptRequest decrypt = decrypt_request(result.ciphertext);
    decrypt.context = {{"a", "b"}};
    EXPECT_EQ(result_of(call(decrypt)).plaintext.reveal(), "plain");
    EXPECT_EQ(last_usage().operation, "ReEncrypt");
}

TEST_F(CryptographyTest, random_bytes_have_the_requested_length) {
    GenerateRandomRequest request;
    expect_refusal(call(request), "ValidationException", "NumberOfBytes is required.");
    request.number_bytes = 1024;
    EXPECT_EQ(result_of(call(request)).plaintext.reveal().size(), 1024U);
}

TEST_F(CryptographyTest, related_keys_verify_each_others_signatures) {
    add_other_key("ECC_NIST_P256", KeyUsage::sign_verify);
    model_.add_replica(other_key(), ireland());
    const GetPublicKeyRequest public_key{std::string(kOtherKeyId)};
    EXPECT_EQ(result_of(call(public_key)).public_key,
              result_of(call(public_key, 0s, in_ireland())).public_key);
    SignRequest sign{std::string(kOtherKeyId)};
    sign.message = io::Secret("text");
    sign.algorithm = "ECDSA_SHA_256";
    VerifyRequest verify{std::string(kOtherKeyId)};
    verify.message = io::Secret("text");
    verify.algorithm = "ECDSA_SHA_256";
    verify.signature = result_of(call(sign)).signature;
    EXPECT_THAT(result_of(call(verify, 0s, in_ireland())).key_id, HasSubstr("eu-west-1"));
}

TEST_F(CryptographyTest, last_use_is_tracked_for_each_region) {
    EXPECT_FALSE(last_usage().operation);
    EXPECT_FALSE(last_usage().used_s);
    const std::string ciphertext = encrypted_at(1s);
    decrypted_at(2s, ciphertext, in_ireland());
    EXPECT_EQ(last_usage().operation, "Encrypt");
    EXPECT_EQ(last_usage().used_s, 1'800'000'001);
    EXPECT_EQ(last_usage().key_id, kArn);
    EXPECT_EQ(last_usage(in_ireland()).operation, "Decrypt");
    EXPECT_EQ(last_usage(in_ireland()).used_s, 1'800'000'002);
    call(decrypt_request("garbage", kKeyId), 3s);
    EXPECT_EQ(last_usage().used_s, 1'800'000'001);
}

TEST_F(CryptographyTest, later_starts_with_the_same_seed_have_the_same_material) {
    const std::string ciphertext = encrypted_at(1s);
    KmsModelSettings settings;
    settings.start = 2;
    KmsModel other(settings);
    copy_state(model_, other, at(1s));
    EXPECT_EQ(other.state_text(at(1s)), model_.state_text(at(1s)));
    const auto handled = other.handle(in_ireland(), decrypt_request(ciphertext), at(2s));
    EXPECT_EQ(result_of(handled).plaintext.reveal(), "plain");
    const auto usage = other.handle(in_virginia(), GetKeyLastUsageRequest(kKeyId), at(2s));
    EXPECT_EQ(result_of(usage).operation, "Encrypt");
    settings.seed = 99;
    KmsModel unrelated(settings);
    unrelated.add_primary_key(primary());
    EXPECT_EQ(
        refusal_of(unrelated.handle(in_virginia(), decrypt_request(ciphertext), at(2s))).wire_code,
        "InvalidCiphertextException");
}

class ImportedMaterialTest : public testing::Test {
  protected:
    ImportedMaterialTest() {
        SeededKey seeded;
        seeded.origin = KeyOrigin::external;
        seeded.state = io::KeyState::pending_import;
        model_.add_primary_key(primary(), seeded);
        model_.add_replica(primary(), ireland(), io::KeyState::pending_import);
    }
    auto import_into(KmsModel& model,
                     const io::AccountRegion& place,
                     const std::string& material = std::string(32, 'm')) {
        GetParametersForImportRequest parameters(kKeyId);
        parameters.wrapping_algorithm = "RSAES_OAEP_SHA_256";
        parameters.wrapping_key_spec = "RSA_2048";
        const auto with = result_of(model.handle(place, parameters, at(0s)));
        ImportKeyMaterialRequest request(kKeyId);
        request.import_token = with.import_token;
        request.wrapped_bytes = wrapped(with.public_key, EVP_sha256(), material);
        request.expiration_model = "KEY_MATERIAL_DOES_NOT_EXPIRE";
        return model.handle(place, request, at(0s));
    }
    KmsModel model_{KmsModelSettings{}};
};

TEST_F(ImportedMaterialTest, is_needed_in_each_region_and_again_after_deletion_and_restart) {
    result_of(import_into(model_, in_virginia()));
    const std::string ciphertext =
        result_of(model_.handle(in_virginia(), encrypt_request(), at(0s))).ciphertext;
    const auto code_in = [&](KmsModel& model, const io::AccountRegion& place) {
        const auto handled = model.handle(place, decrypt_request(ciphertext), at(0s));
        const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
        return refusal != nullptr ? refusal->wire_code + ": " + refusal->message : "";
    };
    EXPECT_EQ(code_in(model_, in_virginia()), "");
    EXPECT_EQ(code_in(model_, in_ireland()),
              "KMSInvalidStateException: " + std::string(kReplicaArn) + " is pending import.");
    result_of(import_into(model_, in_ireland()));
    EXPECT_EQ(code_in(model_, in_ireland()), "");

    result_of(model_.handle(in_virginia(), DeleteImportedKeyMaterialRequest(kKeyId), at(0s)));
    EXPECT_THAT(code_in(model_, in_virginia()), EndsWith("is pending import."));
    EXPECT_EQ(code_in(model_, in_ireland()), "");
    EXPECT_EQ(refusal_of(import_into(model_, in_virginia(), std::string(32, 'x'))).wire_code,
              "IncorrectKeyMaterialException");
    result_of(import_into(model_, in_virginia()));
    EXPECT_EQ(code_in(model_, in_virginia()), "");

    KmsModel restarted{KmsModelSettings{}};
    EXPECT_THAT(model_.state_text(at(0s)), testing::Not(HasSubstr(std::string(32, 'm'))));
    copy_state(model_, restarted, at(0s));
    EXPECT_EQ(code_in(restarted, in_ireland()),
              "KMSInvalidStateException: The imported key material of " + std::string(kReplicaArn) +
                  " is lost, because the simulator keeps it only in memory. Import the same key "
                  "material again.");
    result_of(import_into(restarted, in_virginia()));
    EXPECT_EQ(code_in(restarted, in_virginia()), "");
    EXPECT_EQ(code_in(restarted, in_ireland()), "");
}

}  // namespace
}  // namespace keyferry::simulator
