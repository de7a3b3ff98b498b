// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "tools/simulator/requests/encryption_context.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"
#include "tools/simulator/requests/key_specs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Requests and results of the cryptographic operations, which keyferry itself does not call. The
// members correspond to the KMS service model. Binary members contain raw bytes here; on the wire,
// they are base64. Grant tokens have no effect, because new grants take effect immediately.
// DryRunModifiers is not supported.

namespace keyferry::simulator {

/// Members that the cryptographic operations have in common.
struct UseOptions {
    std::optional<bool> dry_run;
    bool has_recipient = false;  ///< attested enclaves are not supported by the simulator
};

/// Base of requests that use one key.
struct KeyUseRequest {
    explicit KeyUseRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key ID, ARN or alias; optional only for Decrypt
    UseOptions options;
};

struct EncryptRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    io::Secret plaintext;  ///< 1 to 4096 bytes
    EncryptionContext context;
    std::optional<std::string> algorithm;  ///< KMS's default is SYMMETRIC_DEFAULT
};

struct EncryptResult {
    EncryptResult() = default;
    std::string key_id;  ///< key ARN
    std::string ciphertext;
    std::string algorithm;
};

struct DecryptRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    std::string ciphertext;  ///< 1 to 6144 bytes
    EncryptionContext context;
    std::optional<std::string> algorithm;  ///< KMS's default is SYMMETRIC_DEFAULT
};

struct DecryptResult {
    DecryptResult() = default;
    std::string key_id;  ///< key ARN
    io::Secret plaintext;
    std::string algorithm;
    std::optional<std::string> key_material_id;  ///< only for symmetric keys
};

struct ReEncryptRequest {
    explicit ReEncryptRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;         ///< the destination key
    std::string source_key_id;  ///< empty: the key that the ciphertext names
    UseOptions options;
    std::string ciphertext;  ///< 1 to 6144 bytes
    EncryptionContext source_context;
    EncryptionContext context;                    ///< for the destination key
    std::optional<std::string> source_algorithm;  ///< KMS's default is SYMMETRIC_DEFAULT
    std::optional<std::string> algorithm;         ///< for the destination key
};

struct ReEncryptResult {
    ReEncryptResult() = default;
    std::string key_id;         ///< ARN of the destination key
    std::string source_key_id;  ///< ARN of the source key
    std::string ciphertext;
    std::string source_algorithm;
    std::string algorithm;
    std::optional<std::string> source_key_material_id;  ///< only for symmetric keys
    std::optional<std::string> key_material_id;         ///< only for symmetric destination keys
};

/// Exactly one of the two lengths must be set.
struct DataKeyRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    EncryptionContext context;
    std::optional<std::string> key_spec;       ///< "AES_128" or "AES_256"
    std::optional<std::int32_t> number_bytes;  ///< 1 to 1024
};
struct GenerateDataKeyRequest : DataKeyRequest {
    using DataKeyRequest::DataKeyRequest;
};
struct GenerateDataKeyWithoutPlaintextRequest : DataKeyRequest {
    using DataKeyRequest::DataKeyRequest;
};

struct DataKeyWithoutPlaintextResult {
    DataKeyWithoutPlaintextResult() = default;
    std::string key_id;  ///< key ARN
    std::string ciphertext;
    std::string key_material_id;
};
struct DataKeyResult : DataKeyWithoutPlaintextResult {
    DataKeyResult() = default;
    io::Secret plaintext;
};

struct DataKeyPairRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    EncryptionContext context;
    std::string key_pair_spec;
};
struct GenerateDataKeyPairRequest : DataKeyPairRequest {
    using DataKeyPairRequest::DataKeyPairRequest;
};
struct GenerateDataKeyPairWithoutPlaintextRequest : DataKeyPairRequest {
    using DataKeyPairRequest::DataKeyPairRequest;
};

struct DataKeyPairWithoutPlaintextResult {
    DataKeyPairWithoutPlaintextResult() = default;
    std::string key_id;  ///< key ARN
    std::string private_key_ciphertext;
    std::string public_key;  ///< DER-encoded SubjectPublicKeyInfo
    std::string key_pair_spec;
    std::string key_material_id;
};
struct DataKeyPairResult : DataKeyPairWithoutPlaintextResult {
    DataKeyPairResult() = default;
    io::Secret private_key;  ///< DER-encoded PKCS #8
};

struct GenerateRandomRequest {
    GenerateRandomRequest() = default;
    std::optional<std::int32_t> number_bytes;  ///< 1 to 1024; required
    bool has_recipient = false;
    bool has_custom_key_store = false;  ///< not supported by the simulator
};

struct GenerateRandomResult {
    GenerateRandomResult() = default;
    io::Secret plaintext;
};

struct SignRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    io::Secret message;  ///< 1 to 4096 bytes, or a digest
    std::optional<std::string> message_type;
    std::string algorithm;
};

struct SignResult {
    SignResult() = default;
    std::string key_id;  ///< key ARN
    std::string signature;
    std::string algorithm;
};

struct VerifyRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    io::Secret message;  ///< 1 to 4096 bytes, or a digest
    std::optional<std::string> message_type;
    std::string signature;
    std::string algorithm;
};

/// The response if the signature is valid; otherwise KMS returns an error.
struct VerifyResult {
    VerifyResult() = default;
    std::string key_id;  ///< key ARN
    std::string algorithm;
};

struct GenerateMacRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    io::Secret message;  ///< 1 to 4096 bytes
    std::string algorithm;
};

struct GenerateMacResult {
    GenerateMacResult() = default;
    std::string key_id;  ///< key ARN
    std::string mac;
    std::string algorithm;
};

struct VerifyMacRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    io::Secret message;  ///< 1 to 4096 bytes
    std::string mac;
    std::string algorithm;
};

/// The response if the MAC is valid; otherwise KMS returns an error.
struct VerifyMacResult {
    VerifyMacResult() = default;
    std::string key_id;  ///< key ARN
    std::string algorithm;
};

struct GetPublicKeyRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
};

struct GetPublicKeyResult {
    GetPublicKeyResult() = default;
    std::string key_id;      ///< key ARN
    std::string public_key;  ///< DER-encoded SubjectPublicKeyInfo
    std::string key_spec;
    KeyUsage usage = KeyUsage::sign_verify;
};

struct DeriveSharedSecretRequest : KeyUseRequest {
    using KeyUseRequest::KeyUseRequest;
    std::string algorithm;   ///< "ECDH"
    std::string public_key;  ///< public key of the peer, DER-encoded SubjectPublicKeyInfo
};

struct DeriveSharedSecretResult {
    DeriveSharedSecretResult() = default;
    std::string key_id;  ///< key ARN
    io::Secret shared_secret;
    std::string algorithm;
    KeyOrigin origin = KeyOrigin::aws_kms;
};

struct GetKeyLastUsageRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};

struct GetKeyLastUsageResult {
    GetKeyLastUsageResult() = default;
    std::string key_id;                    ///< key ARN
    std::optional<std::string> operation;  ///< "Encrypt"; nullopt if the key was never used
    std::optional<double> used_s;          ///< set if the key was used
    double tracked_since_s = 0;
    double created_s = 0;
};

}  // namespace keyferry::simulator
