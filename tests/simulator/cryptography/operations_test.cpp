// SPDX-License-Identifier: Apache-2.0
// Tests cryptographic operations with a given key and material.
#include "tools/simulator/cryptography/encryption.hpp"
#include "tools/simulator/cryptography/import_wrapping.hpp"
#include "tools/simulator/cryptography/signing.hpp"
#include "tools/simulator/cryptography/symmetric_ciphertext.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::simulator {
namespace {

const std::string kMaterialId(64, 'a');

KeyInUse key_with(std::string_view spec, KeyUsage usage, std::uint64_t seed = 1) {
    KeyInUse key;
    key.arn = "arn";
    key.spec = &key_specs()[key_spec_index(spec).value()];
    key.usage = usage;
    key.material_id = kMaterialId;
    MaterialStore store(seed);
    key.material =
        store.load({"111122223333", "mrk-1", kMaterialId, spec, KeyOrigin::aws_kms}).value();
    return key;
}

/// The RSA key for all tests. It is shared because generating a key takes a quarter of a second.
const KeyPair& rsa_pair() {
    static const KeyPair kPair = key_with("RSA_2048", KeyUsage::sign_verify).material.pair.value();
    return kPair;
}

KeyInUse rsa_key(KeyUsage usage) {
    KeyInUse key = key_with("ECC_NIST_P256", KeyUsage::sign_verify);
    key.spec = &key_specs()[key_spec_index("RSA_2048").value()];
    key.usage = usage;
    key.material.pair = rsa_pair();
    return key;
}

template <typename Result>
std::string code_of(const Performed<Result>& performed) {
    const auto* refusal = std::get_if<KmsRefusal>(&performed);
    return refusal != nullptr ? refusal->wire_code : "";
}

template <typename Result>
std::string message_of(const Performed<Result>& performed) {
    return std::get<KmsRefusal>(performed).message;
}

EncryptRequest encrypting(std::string_view plaintext, std::string algorithm = "SYMMETRIC_DEFAULT") {
    EncryptRequest request("k");
    request.plaintext = io::Secret(plaintext);
    request.algorithm = std::move(algorithm);
    return request;
}

DecryptRequest decrypting(std::string ciphertext, std::string algorithm = "SYMMETRIC_DEFAULT") {
    DecryptRequest request("k");
    request.ciphertext = std::move(ciphertext);
    request.algorithm = std::move(algorithm);
    return request;
}

SignRequest signing(std::string_view message, std::string algorithm) {
    SignRequest request("k");
    request.message = io::Secret(message);
    request.algorithm = std::move(algorithm);
    return request;
}

VerifyRequest verifying(std::string_view message, std::string algorithm, std::string signature) {
    VerifyRequest request("k");
    request.message = io::Secret(message);
    request.algorithm = std::move(algorithm);
    request.signature = std::move(signature);
    return request;
}

TEST(SymmetricCiphertextTest, names_its_key_and_material) {
    const PackedKeyId id = PackedKeyId::parse("mrk-1234abcd12ab34cd56ef1234567890ab").value();
    const io::Secret material(std::string(32, 'k'));
    const std::string material_id = "0123456789abcdef" + std::string(48, 'f');
    const std::string ciphertext = encrypted(material, {id, material_id}, "x", {});
    const auto origin = ciphertext_origin(ciphertext);
    ASSERT_TRUE(origin);
    EXPECT_EQ(origin->key, id);
    EXPECT_EQ(origin->material_id, material_id);
    EXPECT_FALSE(ciphertext_origin("not a ciphertext"));
    EXPECT_FALSE(ciphertext_origin(""));
}

TEST(SymmetricCiphertextTest, every_changed_byte_is_detected) {
    const io::Secret material(std::string(32, 'k'));
    const std::string ciphertext =
        encrypted(material, {PackedKeyId{}, kMaterialId}, "plain", {{"a", "b"}});
    EXPECT_EQ(decrypted(material, ciphertext, {{"a", "b"}})->reveal(), "plain");
    for (std::size_t i = 0; i < ciphertext.size(); ++i) {
        std::string changed = ciphertext;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(decrypted(material, changed, {{"a", "b"}})) << i;
        EXPECT_FALSE(decrypted(material, ciphertext.substr(0, i), {{"a", "b"}})) << i;
    }
}

TEST(SymmetricCiphertextTest, depends_on_every_part_of_the_context_but_not_on_its_order) {
    const io::Secret material(std::string(32, 'k'));
    const std::string ciphertext =
        encrypted(material, {PackedKeyId{}, kMaterialId}, "plain", {{"a", "bc"}, {"d", ""}});
    EXPECT_TRUE(decrypted(material, ciphertext, {{"d", ""}, {"a", "bc"}}));
    EXPECT_FALSE(decrypted(material, ciphertext, {{"ab", "c"}, {"d", ""}}));
    EXPECT_FALSE(decrypted(material, ciphertext, {{"a", "bc"}}));
    EXPECT_FALSE(decrypted(material, ciphertext, {}));
}

TEST(SymmetricCiphertextTest, same_plaintext_has_different_ciphertexts) {
    const KeyInUse key = key_with("SYMMETRIC_DEFAULT", KeyUsage::encrypt_decrypt);
    EXPECT_NE(std::get<EncryptResult>(perform(encrypting("x"), key)).ciphertext,
              std::get<EncryptResult>(perform(encrypting("x"), key)).ciphertext);
}

TEST(RsaEncryptionTest, decrypts_its_own_ciphertexts) {
    const KeyInUse key = rsa_key(KeyUsage::encrypt_decrypt);
    for (const std::string algorithm : {"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"}) {
        const auto result = std::get<EncryptResult>(perform(encrypting("secret", algorithm), key));
        EXPECT_EQ(result.ciphertext.size(), 256U);
        const auto back = perform(decrypting(result.ciphertext, algorithm), key);
        EXPECT_EQ(std::get<DecryptResult>(back).plaintext.reveal(), "secret");
        EXPECT_FALSE(std::get<DecryptResult>(back).key_material_id);
    }
    EXPECT_EQ(code_of(perform(decrypting("x", "RSAES_OAEP_SHA_1"), key)),
              "InvalidCiphertextException");
}

TEST(RsaEncryptionTest, plaintext_is_limited_by_the_key_and_the_hash) {
    const KeyInUse key = rsa_key(KeyUsage::encrypt_decrypt);
    EXPECT_EQ(code_of(perform(encrypting(std::string(190, 'x'), "RSAES_OAEP_SHA_256"), key)), "");
    EXPECT_EQ(
        message_of(perform(encrypting(std::string(191, 'x'), "RSAES_OAEP_SHA_256"), key)),
        "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 "
        "bytes.");
    EXPECT_EQ(code_of(perform(encrypting(std::string(214, 'x'), "RSAES_OAEP_SHA_1"), key)), "");
    EXPECT_EQ(code_of(perform(encrypting(std::string(215, 'x'), "RSAES_OAEP_SHA_1"), key)),
              "ValidationException");
}

TEST(RsaEncryptionTest, rejects_an_encryption_context) {
    EncryptRequest request = encrypting("x", "RSAES_OAEP_SHA_256");
    request.context = {{"a", "b"}};
    EXPECT_EQ(code_of(perform(request, rsa_key(KeyUsage::encrypt_decrypt))), "ValidationException");
}

struct SignatureCase {
    std::string spec;
    std::string algorithm;
    std::size_t digest_bytes;
};

TEST(SignatureTest, verifies_only_its_own_signatures) {
    const std::vector<SignatureCase> cases{{"ECC_NIST_P256", "ECDSA_SHA_256", 32},
                                           {"ECC_NIST_P384", "ECDSA_SHA_384", 48},
                                           {"ECC_NIST_P521", "ECDSA_SHA_512", 64},
                                           {"ECC_SECG_P256K1", "ECDSA_SHA_256", 32},
                                           {"ECC_NIST_EDWARDS25519", "ED25519_SHA_512", 0},
                                           {"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", 32},
                                           {"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_384", 48},
                                           {"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", 64},
                                           {"RSA_2048", "RSASSA_PSS_SHA_256", 32},
                                           {"RSA_2048", "RSASSA_PSS_SHA_384", 48},
                                           {"RSA_2048", "RSASSA_PSS_SHA_512", 64}};
    for (const SignatureCase& each : cases) {
        const KeyInUse key = each.spec == "RSA_2048" ? rsa_key(KeyUsage::sign_verify)
                                                     : key_with(each.spec, KeyUsage::sign_verify);
        const auto result = std::get<SignResult>(perform(signing("text", each.algorithm), key));
        EXPECT_EQ(code_of(perform(verifying("text", each.algorithm, result.signature), key)), "")
            << each.algorithm;
        EXPECT_EQ(code_of(perform(verifying("test", each.algorithm, result.signature), key)),
                  "KMSInvalidSignatureException")
            << each.algorithm;
        EXPECT_EQ(code_of(perform(verifying("text", each.algorithm, "no signature"), key)),
                  "KMSInvalidSignatureException")
            << each.algorithm;
        SignRequest digest = signing(std::string(each.digest_bytes + 1, 'd'), each.algorithm);
        digest.message_type = "DIGEST";
        EXPECT_EQ(code_of(perform(digest, key)), "ValidationException") << each.algorithm;
        digest.message = io::Secret(std::string(each.digest_bytes, 'd'));
        EXPECT_EQ(code_of(perform(digest, key)),
                  each.digest_bytes == 0 ? "ValidationException" : "")
            << each.algorithm;
    }
}

TEST(SignatureTest, digest_length_is_named_in_the_error) {
    SignRequest request = signing("short", "ECDSA_SHA_256");
    request.message_type = "DIGEST";
    EXPECT_EQ(message_of(perform(request, key_with("ECC_NIST_P256", KeyUsage::sign_verify))),
              "Digest is invalid length for algorithm ECDSA_SHA_256.");
}

TEST(MacTest, matches_the_published_vector) {
    // RFC 4231, test case 2, whose key is "Jefe".
    KeyInUse key = key_with("HMAC_256", KeyUsage::generate_verify_mac);
    key.material.bytes = io::Secret("Jefe");
    GenerateMacRequest request("k");
    request.message = io::Secret("what do ya want for nothing?");
    request.algorithm = "HMAC_SHA_256";
    const auto result = std::get<GenerateMacResult>(perform(request, key));
    EXPECT_EQ(result.mac.substr(0, 4), "\x5b\xdc\xc1\x46");
    VerifyMacRequest verify("k");
    verify.message = io::Secret("what do ya want for nothing?");
    verify.algorithm = "HMAC_SHA_256";
    verify.mac = result.mac;
    EXPECT_EQ(code_of(perform(verify, key)), "");
    verify.mac.back() = static_cast<char>(verify.mac.back() ^ 1);
    EXPECT_EQ(code_of(perform(verify, key)), "KMSInvalidMacException");
    verify.mac = result.mac.substr(1);
    EXPECT_EQ(code_of(perform(verify, key)), "KMSInvalidMacException");
}

TEST(KeyAgreementTest, both_sides_derive_the_same_secret) {
    for (const std::string_view spec : {"ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"}) {
        const KeyInUse ours = key_with(spec, KeyUsage::key_agreement, 1);
        const KeyInUse theirs = key_with(spec, KeyUsage::key_agreement, 2);
        DeriveSharedSecretRequest request("k");
        request.algorithm = "ECDH";
        request.public_key = theirs.material.pair->public_key_der();
        const auto secret = std::get<DeriveSharedSecretResult>(perform(request, ours));
        request.public_key = ours.material.pair->public_key_der();
        const auto same = std::get<DeriveSharedSecretResult>(perform(request, theirs));
        EXPECT_EQ(secret.shared_secret.reveal(), same.shared_secret.reveal()) << spec;
        EXPECT_FALSE(secret.shared_secret.empty());
    }
}

TEST(KeyAgreementTest, keys_of_another_curve_are_rejected) {
    const KeyInUse ours = key_with("ECC_NIST_P256", KeyUsage::key_agreement);
    DeriveSharedSecretRequest request("k");
    request.algorithm = "ECDH";
    request.public_key =
        key_with("ECC_NIST_P384", KeyUsage::key_agreement).material.pair->public_key_der();
    EXPECT_EQ(code_of(perform(request, ours)), "ValidationException");
    request.public_key = "not a key";
    EXPECT_EQ(code_of(perform(request, ours)), "ValidationException");
    request.public_key = ours.material.pair->public_key_der() + "more";
    EXPECT_EQ(code_of(perform(request, ours)), "ValidationException");
}

TEST(MaterialStoreTest, material_is_derived_from_the_seed_and_the_name) {
    MaterialStore store(7);
    const MaterialName name{
        "111122223333", "mrk-1", kMaterialId, "SYMMETRIC_DEFAULT", KeyOrigin::aws_kms};
    const auto bytes = [&](const MaterialName& of) {
        return std::string(store.load(of)->bytes.reveal());
    };
    const std::string first = bytes(name);
    EXPECT_EQ(first.size(), 32U);
    EXPECT_EQ(bytes(name), first);
    MaterialName other = name;
    other.account = "444455556666";
    EXPECT_NE(bytes(other), first);
    other = name;
    other.key_id = "mrk-2";
    EXPECT_NE(bytes(other), first);
    other = name;
    other.material_id = "b";
    EXPECT_NE(bytes(other), first);
    other = name;
    other.spec = "HMAC_256";
    EXPECT_NE(bytes(other), first);
    EXPECT_NE(MaterialStore(8).load(name)->bytes.reveal(), first);
}

TEST(MaterialStoreTest, key_pairs_are_derived_from_the_seed) {
    for (const std::string_view spec :
         {"ECC_NIST_P256", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"}) {
        const KeyInUse key = key_with(spec, KeyUsage::sign_verify);
        const std::string public_key = key.material.pair->public_key_der();
        EXPECT_EQ(key_with(spec, KeyUsage::sign_verify).material.pair->public_key_der(), public_key)
            << spec;
        EXPECT_NE(key_with(spec, KeyUsage::sign_verify, 2).material.pair->public_key_der(),
                  public_key)
            << spec;
    }
}

TEST(MaterialStoreTest, rsa_key_pairs_are_derived_from_the_seed) {
    EXPECT_EQ(key_with("RSA_2048", KeyUsage::sign_verify).material.pair->public_key_der(),
              rsa_pair().public_key_der());
}

TEST(MaterialStoreTest, imported_material_is_kept_until_it_is_deleted) {
    MaterialStore store(1);
    const MaterialName name{
        "111122223333", "mrk-1", kMaterialId, "SYMMETRIC_DEFAULT", KeyOrigin::external};
    EXPECT_FALSE(store.load(name));
    store.keep_imported(kMaterialId, io::Secret(std::string(32, 'i')));
    EXPECT_EQ(store.load(name)->bytes.reveal(), std::string(32, 'i'));
    store.forget_imported(kMaterialId);
    EXPECT_FALSE(store.load(name));
}

/// `der` with one bit changed.
std::string flipped(const io::Secret& der, std::size_t byte) {
    std::string changed(der.reveal());
    changed[byte] = static_cast<char>(changed[byte] ^ 1);
    return changed;
}

/// Whether a signature of this key, which must be valid material, verifies with its public key.
bool signs_correctly(std::string_view spec, std::string_view der, const std::string& algorithm) {
    KeyInUse key = key_with("ECC_NIST_P256", KeyUsage::sign_verify);
    key.spec = &key_specs()[key_spec_index(spec).value()];
    key.material.pair = KeyPair::from_der(spec, der);
    const auto signature =
        std::get<SignResult>(perform(signing("message", algorithm), key)).signature;
    return code_of(perform(verifying("message", algorithm, signature), key)).empty();
}

TEST(ImportedKeyTest, elliptic_curve_keys_with_a_changed_bit_are_refused_or_still_work) {
    constexpr std::string_view kSpec = "ECC_NIST_P256";
    const KeySpecEntry& spec = key_specs()[key_spec_index(kSpec).value()];
    const io::Secret der = KeyPair::generated(kSpec).private_key_der();
    constexpr std::size_t kPrivateNumberBegin = 36;
    constexpr std::size_t kPrivateNumberEnd = kPrivateNumberBegin + 32;
    ASSERT_TRUE(is_material_for(spec, der.reveal()));
    for (std::size_t i = 0; i < der.reveal().size(); ++i) {
        const std::string changed = flipped(der, i);
        const bool is_material = is_material_for(spec, changed);
        if (i >= kPrivateNumberBegin && i < kPrivateNumberEnd) {
            EXPECT_FALSE(is_material) << "byte " << i << " of the private number";
        } else if (is_material) {
            EXPECT_TRUE(signs_correctly(kSpec, changed, "ECDSA_SHA_256")) << "byte " << i;
        }
    }
}

TEST(ImportedKeyTest, rsa_keys_with_a_changed_bit_are_refused) {
    const KeySpecEntry& spec = key_specs()[key_spec_index("RSA_2048").value()];
    const io::Secret der = rsa_pair().private_key_der();
    ASSERT_TRUE(is_material_for(spec, der.reveal()));
    constexpr std::size_t kModulusBegin = 40;
    constexpr std::size_t kStep = 61;  // each check takes some milliseconds
    for (std::size_t i = kModulusBegin; i < der.reveal().size(); i += kStep) {
        EXPECT_FALSE(is_material_for(spec, flipped(der, i))) << "byte " << i;
    }
}

TEST(ImportedKeyTest, keys_of_every_curve_are_accepted) {
    for (const std::string_view name : {"ECC_NIST_P256",
                                        "ECC_NIST_P384",
                                        "ECC_NIST_P521",
                                        "ECC_SECG_P256K1",
                                        "ECC_NIST_EDWARDS25519"}) {
        const KeySpecEntry& spec = key_specs()[key_spec_index(name).value()];
        const io::Secret der = KeyPair::generated(name).private_key_der();
        EXPECT_TRUE(is_material_for(spec, der.reveal())) << name;
    }
}

TEST(ImportedKeyTest, is_one_pkcs8_structure_and_nothing_else) {
    const KeySpecEntry& spec = key_specs()[key_spec_index("ECC_NIST_P256").value()];
    const KeyPair pair = KeyPair::generated("ECC_NIST_P256");
    const std::string pkcs8(pair.private_key_der().reveal());
    EXPECT_TRUE(is_material_for(spec, pkcs8));
    EXPECT_FALSE(is_material_for(spec, pkcs8 + '\0'));
    EXPECT_FALSE(is_material_for(spec, pkcs8.substr(0, pkcs8.size() - 1)));
    EXPECT_FALSE(is_material_for(spec, pair.public_key_der()));
    constexpr std::size_t kSec1Begin = 29;  // the octet string with RFC 5915's ECPrivateKey
    EXPECT_FALSE(is_material_for(spec, pkcs8.substr(kSec1Begin)));
}

TEST(KeyPairTest, reads_only_private_keys_of_the_key_spec) {
    const KeyPair pair = KeyPair::generated("ECC_NIST_P256");
    const io::Secret der = pair.private_key_der();
    EXPECT_EQ(KeyPair::from_der("ECC_NIST_P256", der.reveal())->public_key_der(),
              pair.public_key_der());
    for (const std::string_view spec :
         {"ECC_NIST_P384", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "RSA_2048", "SM2", "?"}) {
        EXPECT_FALSE(KeyPair::from_der(spec, der.reveal())) << spec;
    }
    const io::Secret rsa = rsa_pair().private_key_der();
    EXPECT_TRUE(KeyPair::from_der("RSA_2048", rsa.reveal()));
    EXPECT_FALSE(KeyPair::from_der("RSA_3072", rsa.reveal()));
    EXPECT_FALSE(KeyPair::from_der("RSA_2048", "not a key"));
}

}  // namespace
}  // namespace keyferry::simulator
