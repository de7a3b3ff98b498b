// SPDX-License-Identifier: Apache-2.0
// Checks cryptographic operations against the constraints of the KMS service model.
#include "tools/simulator/requests/request_checks.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace keyferry::simulator {

namespace {

constexpr std::size_t kPlaintextBytesMax = 4096;
constexpr std::size_t kCiphertextBytesMax = 6144;
constexpr std::size_t kPublicKeyBytesMax = 8192;
constexpr int kRandomBytesMax = 1024;
/// Maximum total size of names and values. KMS does not document its limit.
constexpr std::size_t kContextBytesMax = 8192;

constexpr std::array<std::string_view, 4> kEncryptionAlgorithms{
    "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"};
constexpr std::array<std::string_view, 13> kSigningAlgorithms{"RSASSA_PSS_SHA_256",
                                                              "RSASSA_PSS_SHA_384",
                                                              "RSASSA_PSS_SHA_512",
                                                              "RSASSA_PKCS1_V1_5_SHA_256",
                                                              "RSASSA_PKCS1_V1_5_SHA_384",
                                                              "RSASSA_PKCS1_V1_5_SHA_512",
                                                              "ECDSA_SHA_256",
                                                              "ECDSA_SHA_384",
                                                              "ECDSA_SHA_512",
                                                              "SM2DSA",
                                                              "ML_DSA_SHAKE_256",
                                                              "ED25519_SHA_512",
                                                              "ED25519_PH_SHA_512"};
constexpr std::array<std::string_view, 3> kMessageTypes{"RAW", "DIGEST", "EXTERNAL_MU"};
constexpr std::array<std::string_view, 4> kMacAlgorithms{
    "HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"};
constexpr std::array<std::string_view, 2> kDataKeySpecs{"AES_256", "AES_128"};
constexpr std::array<std::string_view, 9> kDataKeyPairSpecs{"RSA_2048",
                                                            "RSA_3072",
                                                            "RSA_4096",
                                                            "ECC_NIST_P256",
                                                            "ECC_NIST_P384",
                                                            "ECC_NIST_P521",
                                                            "ECC_SECG_P256K1",
                                                            "SM2",
                                                            "ECC_NIST_EDWARDS25519"};
constexpr std::array<std::string_view, 1> kAgreementAlgorithms{"ECDH"};

/// The bytes are secret and do not appear in the message.
void check_size(std::string_view bytes,
                std::string_view member,
                std::size_t bytes_max,
                ValidationFindings& findings) {
    if (bytes.empty()) {
        findings.add("(bytes)", member, "Member must have length greater than or equal to 1");
    } else if (bytes.size() > bytes_max) {
        findings.add("(bytes)",
                     member,
                     fmt::format("Member must have length less than or equal to {}", bytes_max));
    }
}

void check_context(const EncryptionContext& context,
                   std::string_view member,
                   ValidationFindings& findings) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : context) {
        bytes += name.size() + value.size();
    }
    if (bytes > kContextBytesMax) {
        findings.add("(pairs)", member, "Member must have length less than or equal to 8192");
    }
}

}  // namespace

std::optional<KmsRefusal> check_members(const EncryptRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_size(request.plaintext.reveal(), "plaintext", kPlaintextBytesMax, findings);
    check_context(request.context, "encryptionContext", findings);
    findings.add_enum(request.algorithm, "encryptionAlgorithm", kEncryptionAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const DecryptRequest& request) {
    ValidationFindings findings;
    if (!request.key_id.empty()) {
        findings.add_key_id(request.key_id);
    }
    check_size(request.ciphertext, "ciphertextBlob", kCiphertextBytesMax, findings);
    check_context(request.context, "encryptionContext", findings);
    findings.add_enum(request.algorithm, "encryptionAlgorithm", kEncryptionAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ReEncryptRequest& request) {
    ValidationFindings findings;
    findings.add_length(request.key_id, "destinationKeyId", 1, kKeyIdMax);
    if (!request.source_key_id.empty()) {
        findings.add_length(request.source_key_id, "sourceKeyId", 1, kKeyIdMax);
    }
    check_size(request.ciphertext, "ciphertextBlob", kCiphertextBytesMax, findings);
    check_context(request.source_context, "sourceEncryptionContext", findings);
    check_context(request.context, "destinationEncryptionContext", findings);
    findings.add_enum(request.source_algorithm, "sourceEncryptionAlgorithm", kEncryptionAlgorithms);
    findings.add_enum(request.algorithm, "destinationEncryptionAlgorithm", kEncryptionAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const DataKeyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_context(request.context, "encryptionContext", findings);
    findings.add_enum(request.key_spec, "keySpec", kDataKeySpecs);
    findings.add_range(request.number_bytes, "numberOfBytes", 1, kRandomBytesMax);
    if (auto refusal = findings.refusal()) {
        return refusal;
    }
    if (request.key_spec.has_value() == request.number_bytes.has_value()) {
        return KmsRefusal(io::KmsErrorCode::validation,
                          "Please specify either number of bytes or key spec.");
    }
    return std::nullopt;
}

std::optional<KmsRefusal> check_members(const DataKeyPairRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_context(request.context, "encryptionContext", findings);
    findings.add_enum(request.key_pair_spec, "keyPairSpec", kDataKeyPairSpecs);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const GenerateRandomRequest& request) {
    ValidationFindings findings;
    findings.add_range(request.number_bytes, "numberOfBytes", 1, kRandomBytesMax);
    if (auto refusal = findings.refusal()) {
        return refusal;
    }
    if (!request.number_bytes) {
        return KmsRefusal(io::KmsErrorCode::validation, "NumberOfBytes is required.");
    }
    return std::nullopt;
}

std::optional<KmsRefusal> check_members(const SignRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_size(request.message.reveal(), "message", kPlaintextBytesMax, findings);
    findings.add_enum(request.message_type, "messageType", kMessageTypes);
    findings.add_enum(request.algorithm, "signingAlgorithm", kSigningAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const VerifyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_size(request.message.reveal(), "message", kPlaintextBytesMax, findings);
    findings.add_enum(request.message_type, "messageType", kMessageTypes);
    check_size(request.signature, "signature", kCiphertextBytesMax, findings);
    findings.add_enum(request.algorithm, "signingAlgorithm", kSigningAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const GenerateMacRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_size(request.message.reveal(), "message", kPlaintextBytesMax, findings);
    findings.add_enum(request.algorithm, "macAlgorithm", kMacAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const VerifyMacRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_size(request.message.reveal(), "message", kPlaintextBytesMax, findings);
    check_size(request.mac, "mac", kCiphertextBytesMax, findings);
    findings.add_enum(request.algorithm, "macAlgorithm", kMacAlgorithms);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const GetPublicKeyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const DeriveSharedSecretRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_enum(request.algorithm, "keyAgreementAlgorithm", kAgreementAlgorithms);
    check_size(request.public_key, "publicKey", kPublicKeyBytesMax, findings);
    return findings.refusal();
}

}  // namespace keyferry::simulator
