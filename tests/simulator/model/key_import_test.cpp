// SPDX-License-Identifier: Apache-2.0
// Tests the import of key material that is wrapped with real RSA keys.
#include "io/checksum/sha256.hpp"
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tests/simulator/model/wrapped_material.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;

const std::string kMaterial(32, 'm');
const std::string kOther(32, 'o');
constexpr double kImportStart = 1'800'000'000;

std::string pkcs8_of(EVP_PKEY* key) {
    PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
    unsigned char* der = nullptr;
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    return bytes;
}

class KeyImportTest : public testing::Test {
  protected:
    KeyImportTest() { use_key_spec("SYMMETRIC_DEFAULT"); }
    /// Replaces the key with a key without material of another key spec.
    void use_key_spec(std::string spec) {
        model_.remove_key(primary());
        SeededKey seeded;
        seeded.key_spec = std::move(spec);
        seeded.origin = KeyOrigin::external;
        seeded.state = io::KeyState::pending_import;
        model_.add_primary_key(primary(), seeded);
    }
    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when = 0s,
              const io::AccountRegion& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    GetParametersForImportResult parameters(const std::string& algorithm = "RSAES_OAEP_SHA_256",
                                            const io::AccountRegion& place = in_virginia(),
                                            std::chrono::nanoseconds when = 0s) {
        GetParametersForImportRequest request(kKeyId);
        request.wrapping_algorithm = algorithm;
        request.wrapping_key_spec = "RSA_2048";
        return result_of(call(request, when, place));
    }
    ImportKeyMaterialRequest importing(const std::string& material,
                                       const io::AccountRegion& place = in_virginia(),
                                       std::chrono::nanoseconds when = 0s) {
        const auto with = parameters("RSAES_OAEP_SHA_256", place, when);
        ImportKeyMaterialRequest request(kKeyId);
        request.import_token = with.import_token;
        request.wrapped_bytes = wrapped(with.public_key, EVP_sha256(), material);
        request.expiration_model = "KEY_MATERIAL_DOES_NOT_EXPIRE";
        return request;
    }
    ImportKeyMaterialRequest importing_new(const std::string& material) {
        ImportKeyMaterialRequest request = importing(material);
        request.import_type = "NEW_KEY_MATERIAL";
        return request;
    }
    void delete_material(const std::string& id, const io::AccountRegion& place = in_virginia()) {
        DeleteImportedKeyMaterialRequest request(kKeyId);
        request.key_material_id = id;
        result_of(call(request, 20s, place));
    }
    io::KeyMetadata described(std::chrono::nanoseconds when = 0s,
                              const io::AccountRegion& place = in_virginia()) {
        return result_of(call(io::DescribeKeyRequest(kKeyId), when, place)).key_metadata;
    }
    std::vector<std::string> materials(std::chrono::nanoseconds when,
                                       const io::AccountRegion& place = in_virginia()) {
        ListKeyRotationsRequest request(kKeyId);
        request.include_key_material = "ALL_KEY_MATERIAL";
        std::vector<std::string> states;
        const auto handled = call(request, when, place);
        for (const RotationEntry& entry : result_of(handled).rotations) {
            states.push_back(entry.material_state + " " + entry.import_state.value_or(""));
        }
        return states;
    }

    KmsModel model_{KmsModelSettings{}};
};

TEST_F(KeyImportTest, import_enables_the_key) {
    EXPECT_EQ(described().key_state, io::KeyState::pending_import);
    EXPECT_FALSE(described().current_key_material_id);
    const auto handled = call(importing(kMaterial));
    EXPECT_EQ(result_of(handled).key_id, kArn);
    EXPECT_EQ(handled.effect.kind, EffectKind::material_imported);
    EXPECT_EQ(described().key_state, io::KeyState::enabled);
    EXPECT_EQ(described().current_key_material_id, result_of(handled).key_material_id);
    EXPECT_EQ(described().expiration_model, "KEY_MATERIAL_DOES_NOT_EXPIRE");
    EXPECT_FALSE(described().valid_to_s);
}

TEST_F(KeyImportTest, supports_every_wrapping_algorithm) {
    const std::string aes_key(32, 'a');
    const auto import = [&](const std::string& algorithm, auto wrap) {
        const auto with = parameters(algorithm);
        ImportKeyMaterialRequest request(kKeyId);
        request.import_token = with.import_token;
        request.wrapped_bytes = wrap(with.public_key);
        request.expiration_model = "KEY_MATERIAL_DOES_NOT_EXPIRE";
        return result_of(call(request)).key_material_id;
    };
    const std::string first = import("RSAES_OAEP_SHA_256", [&](const std::string& key) {
        return wrapped(key, EVP_sha256(), kMaterial);
    });
    EXPECT_EQ(import("RSAES_OAEP_SHA_1",
                     [&](const std::string& key) { return wrapped(key, EVP_sha1(), kMaterial); }),
              first);
    use_key_spec("ECC_NIST_P256");
    EVP_PKEY* p256 = EVP_EC_gen("P-256");
    const std::string private_key = pkcs8_of(p256);
    EVP_PKEY_free(p256);
    const std::string of_ecc = import("RSA_AES_KEY_WRAP_SHA_256", [&](const std::string& key) {
        return wrapped_with_aes(key, EVP_sha256(), aes_key, private_key);
    });
    EXPECT_EQ(import("RSA_AES_KEY_WRAP_SHA_1",
                     [&](const std::string& key) {
                         return wrapped_with_aes(key, EVP_sha1(), aes_key, private_key);
                     }),
              of_ecc);
}

TEST_F(KeyImportTest, rejects_material_that_does_not_unwrap) {
    ImportKeyMaterialRequest request = importing(kMaterial);
    request.wrapped_bytes[7] = static_cast<char>(~request.wrapped_bytes[7]);
    EXPECT_EQ(refusal_of(call(request)).wire_code, "InvalidCiphertextException");
    EXPECT_EQ(refusal_of(call(importing("too short"))).wire_code, "IncorrectKeyMaterialException");
    for (const char* algorithm : {"RSAES_PKCS1_V1_5", "SM2PKE"}) {
        GetParametersForImportRequest old(kKeyId);
        old.wrapping_algorithm = algorithm;
        old.wrapping_key_spec = "RSA_2048";
        EXPECT_EQ(refusal_of(call(old)).wire_code, "UnsupportedOperationException") << algorithm;
    }
    EXPECT_EQ(described().key_state, io::KeyState::pending_import);
}

TEST_F(KeyImportTest, token_is_valid_for_one_key_one_region_and_one_day) {
    ImportKeyMaterialRequest request = importing(kMaterial);
    request.import_token[0] = static_cast<char>(~request.import_token[0]);
    EXPECT_EQ(refusal_of(call(request)).wire_code, "InvalidImportTokenException");
    request = importing(kMaterial);
    EXPECT_EQ(refusal_of(call(request, 24h)).wire_code, "ExpiredImportTokenException");
    result_of(call(importing(kMaterial)));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    EXPECT_EQ(refusal_of(call(importing(kMaterial), 10s, in_ireland())).wire_code,
              "InvalidImportTokenException")
        << "a token from the primary's Region";
}

TEST_F(KeyImportTest, replica_requires_the_same_material) {
    result_of(call(importing(kMaterial)));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    EXPECT_EQ(described(10s, in_ireland()).key_state, io::KeyState::pending_import);
    EXPECT_EQ(refusal_of(call(importing(kOther, in_ireland(), 10s), 10s, in_ireland())).wire_code,
              "IncorrectKeyMaterialException");
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    EXPECT_EQ(described(10s, in_ireland()).key_state, io::KeyState::enabled);
}

TEST_F(KeyImportTest, new_material_is_imported_into_the_primary_first) {
    result_of(call(importing(kMaterial)));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    const auto import_as_new = [&](const std::string& material) {
        ImportKeyMaterialRequest request = importing(material, in_ireland(), 10s);
        request.import_type = "NEW_KEY_MATERIAL";
        return call(request, 10s, in_ireland());
    };
    const std::string message = std::string(kReplicaArn) + " is not a multi-region primary key.";
    for (const std::string& material : {kMaterial, kOther}) {  // the replica is PendingImport
        expect_refusal(import_as_new(material), "UnsupportedOperationException", message);
    }
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    result_of(call(importing_new(kOther), 10s));
    expect_refusal(import_as_new(kOther), "UnsupportedOperationException", message);
    result_of(call(importing(kOther, in_ireland(), 10s), 10s, in_ireland()));
    EXPECT_THAT(materials(10s), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"));
}

TEST_F(KeyImportTest, material_that_expires_during_a_promotion_cannot_be_used) {
    ImportKeyMaterialRequest request = importing(kMaterial);
    request.expiration_model = "KEY_MATERIAL_EXPIRES";
    request.valid_to_s = kImportStart + 21;
    result_of(call(request));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    EncryptRequest encrypt(kKeyId);
    encrypt.plaintext = io::Secret("plain");
    const std::string ciphertext = result_of(call(encrypt, 10s)).ciphertext;
    DecryptRequest decrypt("");
    decrypt.ciphertext = ciphertext;
    result_of(call(UpdatePrimaryRegionRequest(kKeyId, "eu-west-1"), 20s));
    EXPECT_EQ(described(20s).key_state, io::KeyState::updating);
    result_of(call(decrypt, 20s));
    EXPECT_EQ(described(21s).key_state, io::KeyState::pending_import);
    const std::string message = std::string(kArn) + " is pending import.";
    expect_refusal(call(decrypt, 21s), "KMSInvalidStateException", message);
    expect_refusal(call(encrypt, 21s), "KMSInvalidStateException", message);
    EXPECT_EQ(described(21s, in_ireland()).key_state, io::KeyState::updating);
    result_of(call(decrypt, 21s, in_ireland()));
}

TEST_F(KeyImportTest, expiry_is_that_of_the_first_material_to_expire) {
    result_of(call(importing(kMaterial)));
    ImportKeyMaterialRequest again = importing(kMaterial);
    again.expiration_model = "KEY_MATERIAL_EXPIRES";
    again.valid_to_s = kImportStart + 3600;
    result_of(call(again));
    result_of(call(importing_new(kOther)));
    result_of(call(RotateKeyOnDemandRequest(kKeyId)));
    EXPECT_EQ(described(10s).expiration_model, "KEY_MATERIAL_EXPIRES")
        << "the material that is not current anymore expires";
    EXPECT_EQ(described(10s).valid_to_s, kImportStart + 3600);
    EXPECT_EQ(described(1h).key_state, io::KeyState::pending_import);
}

TEST_F(KeyImportTest, only_symmetric_keys_have_several_materials) {
    use_key_spec("HMAC_256");
    ImportKeyMaterialRequest request = importing(kMaterial);
    request.import_type = "NEW_KEY_MATERIAL";
    EXPECT_EQ(refusal_of(call(request)).wire_code, "UnsupportedOperationException");
    request.import_type.reset();
    request.description = "from the HSM";
    EXPECT_EQ(refusal_of(call(request)).wire_code, "UnsupportedOperationException");
    request.description.reset();
    request.key_material_id = std::string(64, 'a');
    EXPECT_EQ(refusal_of(call(request)).wire_code, "UnsupportedOperationException");
    request.key_material_id.reset();
    result_of(call(request));
}

/// Whether the heap of this process contains the bytes.
bool is_in_the_heap(std::string_view bytes) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (line.ends_with("[heap]") && std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) == 2) {
            const auto* heap = reinterpret_cast<const char*>(begin);
            return ::memmem(heap, end - begin, bytes.data(), bytes.size()) != nullptr;
        }
    }
    return false;
}

TEST(ImportWrappingTest, unwrapped_bytes_are_wiped) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers allocate memory outside the heap";
#endif
    std::array<char, 31> on_the_stack{};  // not a multiple of 8, so that AES key wrap pads it
    std::iota(on_the_stack.begin(), on_the_stack.end(), 'A');
    const std::string_view material(on_the_stack.data(), on_the_stack.size());
    WrappingKeys keys;
    const std::string public_key = keys.public_key("RSA_2048").value();
    const std::string direct = wrapped(public_key, EVP_sha256(), material);
    const std::string by_aes =
        wrapped_with_aes(public_key, EVP_sha256(), std::string(32, 'a'), material);
    {
        const auto unwrapped = keys.unwrap("RSA_2048", "RSAES_OAEP_SHA_256", direct);
        EXPECT_TRUE(is_in_the_heap(material)) << "the search finds it";
    }
    EXPECT_FALSE(is_in_the_heap(material));
    EXPECT_TRUE(keys.unwrap("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256", by_aes));
    EXPECT_FALSE(is_in_the_heap(material));
}

TEST_F(KeyImportTest, expired_material_is_removed) {
    ImportKeyMaterialRequest request = importing(kMaterial);
    request.expiration_model.reset();  // the material expires by default
    expect_refusal(call(request),
                   "ValidationException",
                   "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES");
    request.valid_to_s = kImportStart + 3600;
    result_of(call(request));
    EXPECT_EQ(described().valid_to_s, kImportStart + 3600);
    EXPECT_EQ(described(59min).key_state, io::KeyState::enabled);
    EXPECT_EQ(described(60min).key_state, io::KeyState::pending_import);
    result_of(call(importing(kMaterial, in_virginia(), 2h), 2h));
    EXPECT_EQ(described(2h).key_state, io::KeyState::enabled);
}

TEST_F(KeyImportTest, deleted_material_can_be_reimported) {
    const std::string id = result_of(call(importing(kMaterial))).key_material_id;
    const auto handled = call(DeleteImportedKeyMaterialRequest(kKeyId));
    EXPECT_EQ(result_of(handled).key_material_id, id);
    EXPECT_EQ(handled.effect.kind, EffectKind::material_deleted);
    EXPECT_EQ(described().key_state, io::KeyState::pending_import);
    EXPECT_EQ(described().current_key_material_id, id) << "as recorded from KMS";
    EXPECT_FALSE(described().expiration_model);
    EXPECT_EQ(refusal_of(call(importing(kOther))).wire_code, "IncorrectKeyMaterialException");
    result_of(call(importing(kMaterial)));
    EXPECT_EQ(described().key_state, io::KeyState::enabled);
}

TEST_F(KeyImportTest, new_material_is_pending_until_imported_everywhere_and_rotated) {
    const std::string first = result_of(call(importing(kMaterial))).key_material_id;
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    ImportKeyMaterialRequest fresh = importing(kOther);
    EXPECT_EQ(refusal_of(call(fresh, 10s)).wire_code, "IncorrectKeyMaterialException")
        << "material is compared with the current one unless imported as new";
    fresh.import_type = "NEW_KEY_MATERIAL";
    result_of(call(fresh, 10s));
    EXPECT_THAT(
        materials(10s),
        ElementsAre("CURRENT IMPORTED", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION IMPORTED"));
    expect_refusal(
        call(RotateKeyOnDemandRequest(kKeyId), 10s),
        "KMSInvalidStateException",
        "No available key material pending rotation for the key: " + std::string(kArn) + ".");
    result_of(call(importing(kOther, in_ireland(), 10s), 10s, in_ireland()));
    EXPECT_THAT(materials(10s), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"));
    EXPECT_EQ(described(10s).current_key_material_id, first);
    result_of(call(RotateKeyOnDemandRequest(kKeyId), 10s));
    EXPECT_THAT(materials(20s), ElementsAre("NON_CURRENT IMPORTED", "CURRENT IMPORTED"));
    EXPECT_NE(described(20s).current_key_material_id, first);
}

TEST_F(KeyImportTest, new_material_that_is_deleted_cannot_become_current) {
    result_of(call(importing(kMaterial)));
    const std::string id = result_of(call(importing_new(kOther))).key_material_id;
    delete_material(id);
    EXPECT_EQ(described(20s).key_state, io::KeyState::enabled)
        << "only its current material counts";
    EXPECT_THAT(materials(20s), ElementsAre("CURRENT IMPORTED"));
    EXPECT_EQ(refusal_of(call(RotateKeyOnDemandRequest(kKeyId), 20s)).wire_code,
              "KMSInvalidStateException");
    result_of(call(importing_new(std::string(32, 'z')), 20s));
    EXPECT_THAT(materials(20s), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"));
}

TEST_F(KeyImportTest, new_material_that_expires_cannot_become_current) {
    result_of(call(importing(kMaterial)));
    ImportKeyMaterialRequest fresh = importing_new(kOther);
    fresh.expiration_model = "KEY_MATERIAL_EXPIRES";
    fresh.valid_to_s = kImportStart + 3600;
    result_of(call(fresh));
    EXPECT_THAT(materials(59min), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"));
    EXPECT_THAT(materials(1h), ElementsAre("CURRENT IMPORTED"));
    EXPECT_EQ(refusal_of(call(RotateKeyOnDemandRequest(kKeyId), 1h)).wire_code,
              "KMSInvalidStateException");
    EXPECT_EQ(described(1h).key_state, io::KeyState::enabled);
}

TEST_F(KeyImportTest, new_material_is_needed_in_every_related_key) {
    const std::string waiting = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION ";
    result_of(call(importing(kMaterial)));
    const std::string id = result_of(call(importing_new(kOther))).key_material_id;
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    EXPECT_THAT(materials(10s), ElementsAre("CURRENT IMPORTED", waiting + "IMPORTED"))
        << "the new replica does not have it yet";
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    result_of(call(importing(kOther, in_ireland(), 10s), 10s, in_ireland()));
    EXPECT_THAT(materials(10s), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"));
    delete_material(id, in_ireland());
    EXPECT_THAT(materials(20s), ElementsAre("CURRENT IMPORTED", waiting + "IMPORTED"));
    EXPECT_EQ(described(20s, in_ireland()).key_state, io::KeyState::enabled);
    ScheduleKeyDeletionRequest end(kKeyId);
    end.pending_window_days = 7;
    result_of(call(end, 20s, in_ireland()));
    EXPECT_THAT(materials(8 * 24h), ElementsAre("CURRENT IMPORTED", "PENDING_ROTATION IMPORTED"))
        << "only the primary is left";
}

TEST_F(KeyImportTest, deletion_of_new_material_from_the_primary_affects_its_replicas) {
    result_of(call(importing(kMaterial)));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1")));
    result_of(call(importing(kMaterial, in_ireland(), 10s), 10s, in_ireland()));
    const std::string id = result_of(call(importing_new(kOther), 10s)).key_material_id;
    result_of(call(importing(kOther, in_ireland(), 10s), 10s, in_ireland()));
    delete_material(id);
    EXPECT_THAT(materials(20s, in_ireland()), ElementsAre("CURRENT IMPORTED"));
}

TEST_F(KeyImportTest, rotation_that_has_begun_keeps_its_material) {
    result_of(call(importing(kMaterial)));
    const std::string id = result_of(call(importing_new(kOther))).key_material_id;
    result_of(call(RotateKeyOnDemandRequest(kKeyId), 19s));
    delete_material(id);
    EXPECT_THAT(materials(30s), ElementsAre("NON_CURRENT IMPORTED", "CURRENT PENDING_IMPORT"));
    EXPECT_EQ(described(30s).key_state, io::KeyState::pending_import);
}

TEST_F(KeyImportTest, new_material_has_no_id_yet) {
    result_of(call(importing(kMaterial)));
    ImportKeyMaterialRequest fresh = importing_new(kOther);
    fresh.key_material_id = io::hex(io::sha256(kKeyId + kOther));
    EXPECT_EQ(refusal_of(call(fresh)).wire_code, "ValidationException");
}

TEST_F(KeyImportTest, one_new_material_at_a_time) {
    result_of(call(importing(kMaterial)));
    ImportKeyMaterialRequest fresh = importing(kOther);
    fresh.import_type = "NEW_KEY_MATERIAL";
    const std::string waiting = result_of(call(fresh)).key_material_id;
    const std::string third(32, 'z');
    ImportKeyMaterialRequest another = importing(third);
    another.import_type = "NEW_KEY_MATERIAL";
    const std::string id = io::hex(io::sha256(kKeyId + third));
    expect_refusal(call(another),
                   "KMSInvalidStateException",
                   "New key material (id: " + id + ") cannot be imported into KMS key " + kKeyId +
                       ", because another key material (id: " + waiting + ") is pending rotation.");
}

TEST_F(KeyImportTest, replica_of_rotated_key_needs_all_materials) {
    result_of(call(importing(kMaterial)));
    ImportKeyMaterialRequest fresh = importing(kOther);
    fresh.import_type = "NEW_KEY_MATERIAL";
    result_of(call(fresh));
    result_of(call(RotateKeyOnDemandRequest(kKeyId)));
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"), 10s));
    result_of(call(importing(kOther, in_ireland(), 20s), 20s, in_ireland()));
    EXPECT_EQ(described(20s, in_ireland()).key_state, io::KeyState::pending_import);
    EXPECT_THAT(materials(20s, in_ireland()),
                ElementsAre("NON_CURRENT PENDING_IMPORT", "CURRENT IMPORTED"));
    result_of(call(importing(kMaterial, in_ireland(), 20s), 20s, in_ireland()));
    EXPECT_EQ(described(20s, in_ireland()).key_state, io::KeyState::enabled);
}

TEST_F(KeyImportTest, algorithm_must_match_the_key_spec) {
    struct Case {
        std::string key_spec;
        std::string algorithm;
        std::string wrapping_spec;
        bool is_supported;
    };
    for (const Case& each : {Case{"SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSA_4096", true},
                             Case{"SYMMETRIC_DEFAULT", "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048", false},
                             Case{"HMAC_256", "RSAES_OAEP_SHA_256", "RSA_2048", true},
                             Case{"HMAC_512", "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048", false},
                             Case{"ECC_SECG_P256K1", "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048", true},
                             Case{"ECC_NIST_P384", "RSAES_OAEP_SHA_256", "RSA_2048", true},
                             Case{"ECC_NIST_P521", "RSAES_OAEP_SHA_256", "RSA_2048", false},
                             Case{"ECC_NIST_P521", "RSAES_OAEP_SHA_1", "RSA_3072", true},
                             Case{"ECC_NIST_P521", "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048", true},
                             Case{"RSA_2048", "RSAES_OAEP_SHA_256", "RSA_3072", false},
                             Case{"RSA_2048", "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048", true}}) {
        KmsModel model{KmsModelSettings{}};
        SeededKey seeded;
        seeded.key_spec = each.key_spec;
        seeded.origin = KeyOrigin::external;
        seeded.state = io::KeyState::pending_import;
        model.add_primary_key(primary(), seeded);
        GetParametersForImportRequest request(kKeyId);
        request.wrapping_algorithm = each.algorithm;
        request.wrapping_key_spec = each.wrapping_spec;
        const auto handled = model.handle(in_virginia(), request, at(0s));
        const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
        EXPECT_EQ(refusal == nullptr, each.is_supported) << each.key_spec << each.algorithm;
        if (refusal != nullptr) {
            EXPECT_EQ(refusal->wire_code, "UnsupportedOperationException");
        }
    }
}

TEST_F(KeyImportTest, china_regions_have_no_rsa_aes_key_wrap) {
    const io::Region beijing = io::Region::parse("cn-north-1").value();
    SeededKey seeded;
    seeded.key_spec = "RSA_2048";
    seeded.origin = KeyOrigin::external;
    seeded.state = io::KeyState::pending_import;
    model_.remove_key(primary());
    ASSERT_TRUE(model_.add_primary_key(
        io::KeyArn(beijing, account(), io::KeyId::parse(kKeyIdText).value()), seeded));
    GetParametersForImportRequest request(kKeyId);
    request.wrapping_algorithm = "RSA_AES_KEY_WRAP_SHA_256";
    request.wrapping_key_spec = "RSA_2048";
    EXPECT_EQ(refusal_of(call(request, 0s, io::AccountRegion(account(), beijing))).wire_code,
              "UnsupportedOperationException");
}

TEST_F(KeyImportTest, private_keys_must_have_the_length_and_curve_of_the_spec) {
    const auto is_valid = [](std::string_view spec, EVP_PKEY* key) {
        return is_material_for(key_specs()[key_spec_index(spec).value()], pkcs8_of(key));
    };
    EVP_PKEY* p256 = EVP_EC_gen("P-256");
    EVP_PKEY* rsa = EVP_RSA_gen(2048);
    EXPECT_TRUE(is_valid("ECC_NIST_P256", p256));
    EXPECT_FALSE(is_valid("ECC_NIST_P384", p256));
    EXPECT_FALSE(is_valid("ECC_SECG_P256K1", p256));
    EXPECT_FALSE(is_valid("ECC_NIST_EDWARDS25519", p256));
    EXPECT_FALSE(is_valid("RSA_2048", p256));
    EXPECT_TRUE(is_valid("RSA_2048", rsa));
    EXPECT_FALSE(is_valid("RSA_3072", rsa));
    EXPECT_FALSE(is_valid("ECC_NIST_P256", rsa));
    EVP_PKEY* sm2 = EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2");
    EXPECT_TRUE(is_valid("SM2", sm2));
    EVP_PKEY_free(p256);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(sm2);
}

TEST_F(KeyImportTest, an_inconsistent_private_key_is_incorrect_material) {
    SeededKey seeded;
    seeded.key_spec = "ECC_NIST_P256";
    seeded.usage = KeyUsage::sign_verify;
    seeded.origin = KeyOrigin::external;
    seeded.state = io::KeyState::pending_import;
    KmsModel model{KmsModelSettings{}};
    ASSERT_TRUE(model.add_primary_key(primary(), seeded));
    const auto import = [&](const std::string& material) {
        GetParametersForImportRequest parameters(kKeyId);
        parameters.wrapping_algorithm = "RSAES_OAEP_SHA_256";
        parameters.wrapping_key_spec = "RSA_2048";
        const auto handled = model.handle(in_virginia(), parameters, at(0s));
        ImportKeyMaterialRequest request(kKeyId);
        request.import_token = result_of(handled).import_token;
        request.wrapped_bytes = wrapped(result_of(handled).public_key, EVP_sha256(), material);
        request.expiration_model = "KEY_MATERIAL_DOES_NOT_EXPIRE";
        return model.handle(in_virginia(), request, at(0s));
    };
    EVP_PKEY* p256 = EVP_EC_gen("P-256");
    const std::string material = pkcs8_of(p256);
    EVP_PKEY_free(p256);
    std::string changed = material;
    changed[50] ^= 1;  // in the private number
    expect_refusal(import(changed), "IncorrectKeyMaterialException", "");
    result_of(import(material));
}

TEST_F(KeyImportTest, aws_kms_keys_reject_imports) {
    KmsModel model{KmsModelSettings{}};
    model.add_primary_key(primary());
    GetParametersForImportRequest request(kKeyId);
    request.wrapping_algorithm = "RSAES_OAEP_SHA_256";
    request.wrapping_key_spec = "RSA_2048";
    expect_refusal(model.handle(in_virginia(), request, at(0s)),
                   "UnsupportedOperationException",
                   std::string(kArn) + " origin is AWS_KMS which is not valid for this operation.");
}

}  // namespace
}  // namespace keyferry::simulator
