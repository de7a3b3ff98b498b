// SPDX-License-Identifier: Apache-2.0
// Bodies of the cryptographic operations.
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/wire/json_request.hpp"

#include <utility>

namespace keyferry::simulator {

static void read_options(MemberReader& members, UseOptions& options) {
    members.check_grant_tokens();
    members.read("DryRun", options.dry_run);
    options.has_recipient = members.has("Recipient");
}

/// Reads a request's key and options.
template <typename Request>
static Request read_use(MemberReader& members) {
    Request request(members.read_required("KeyId", "keyId"));
    read_options(members, request.options);
    return request;
}

static EncryptRequest read(MemberReader& members, As<EncryptRequest> /*as*/) {
    auto request = read_use<EncryptRequest>(members);
    request.plaintext = members.read_required_secret("Plaintext", "plaintext");
    members.read_text_map("EncryptionContext", request.context);
    members.read("EncryptionAlgorithm", request.algorithm);
    return request;
}

static DecryptRequest read(MemberReader& members, As<DecryptRequest> /*as*/) {
    DecryptRequest request(members.read_optional_key_id("KeyId", "keyId"));
    read_options(members, request.options);
    request.ciphertext = members.read_required_bytes("CiphertextBlob", "ciphertextBlob");
    members.read_text_map("EncryptionContext", request.context);
    members.read("EncryptionAlgorithm", request.algorithm);
    return request;
}

static ReEncryptRequest read(MemberReader& members, As<ReEncryptRequest> /*as*/) {
    ReEncryptRequest request(members.read_required("DestinationKeyId", "destinationKeyId"));
    request.source_key_id = members.read_optional_key_id("SourceKeyId", "sourceKeyId");
    read_options(members, request.options);
    request.ciphertext = members.read_required_bytes("CiphertextBlob", "ciphertextBlob");
    members.read_text_map("SourceEncryptionContext", request.source_context);
    members.read_text_map("DestinationEncryptionContext", request.context);
    members.read("SourceEncryptionAlgorithm", request.source_algorithm);
    members.read("DestinationEncryptionAlgorithm", request.algorithm);
    return request;
}

template <typename Request>
static Request read_data_key(MemberReader& members) {
    auto request = read_use<Request>(members);
    members.read_text_map("EncryptionContext", request.context);
    members.read("KeySpec", request.key_spec);
    members.read("NumberOfBytes", request.number_bytes);
    return request;
}

static GenerateDataKeyRequest read(MemberReader& members, As<GenerateDataKeyRequest> /*as*/) {
    return read_data_key<GenerateDataKeyRequest>(members);
}

static GenerateDataKeyWithoutPlaintextRequest read(
    MemberReader& members, As<GenerateDataKeyWithoutPlaintextRequest> /*as*/) {
    return read_data_key<GenerateDataKeyWithoutPlaintextRequest>(members);
}

template <typename Request>
static Request read_data_key_pair(MemberReader& members) {
    auto request = read_use<Request>(members);
    members.read_text_map("EncryptionContext", request.context);
    request.key_pair_spec = members.read_required("KeyPairSpec", "keyPairSpec");
    return request;
}

static GenerateDataKeyPairRequest read(MemberReader& members,
                                       As<GenerateDataKeyPairRequest> /*as*/) {
    return read_data_key_pair<GenerateDataKeyPairRequest>(members);
}

static GenerateDataKeyPairWithoutPlaintextRequest read(
    MemberReader& members, As<GenerateDataKeyPairWithoutPlaintextRequest> /*as*/) {
    return read_data_key_pair<GenerateDataKeyPairWithoutPlaintextRequest>(members);
}

static GenerateRandomRequest read(MemberReader& members, As<GenerateRandomRequest> /*as*/) {
    GenerateRandomRequest request;
    members.read("NumberOfBytes", request.number_bytes);
    request.has_recipient = members.has("Recipient");
    request.has_custom_key_store = members.has("CustomKeyStoreId");
    return request;
}

static SignRequest read(MemberReader& members, As<SignRequest> /*as*/) {
    auto request = read_use<SignRequest>(members);
    request.message = members.read_required_secret("Message", "message");
    members.read("MessageType", request.message_type);
    request.algorithm = members.read_required("SigningAlgorithm", "signingAlgorithm");
    return request;
}

static VerifyRequest read(MemberReader& members, As<VerifyRequest> /*as*/) {
    auto request = read_use<VerifyRequest>(members);
    request.message = members.read_required_secret("Message", "message");
    members.read("MessageType", request.message_type);
    request.signature = members.read_required_bytes("Signature", "signature");
    request.algorithm = members.read_required("SigningAlgorithm", "signingAlgorithm");
    return request;
}

static GenerateMacRequest read(MemberReader& members, As<GenerateMacRequest> /*as*/) {
    auto request = read_use<GenerateMacRequest>(members);
    request.message = members.read_required_secret("Message", "message");
    request.algorithm = members.read_required("MacAlgorithm", "macAlgorithm");
    return request;
}

static VerifyMacRequest read(MemberReader& members, As<VerifyMacRequest> /*as*/) {
    auto request = read_use<VerifyMacRequest>(members);
    request.message = members.read_required_secret("Message", "message");
    request.mac = members.read_required_bytes("Mac", "mac");
    request.algorithm = members.read_required("MacAlgorithm", "macAlgorithm");
    return request;
}

static GetPublicKeyRequest read(MemberReader& members, As<GetPublicKeyRequest> /*as*/) {
    return read_use<GetPublicKeyRequest>(members);
}

static DeriveSharedSecretRequest read(MemberReader& members, As<DeriveSharedSecretRequest> /*as*/) {
    auto request = read_use<DeriveSharedSecretRequest>(members);
    request.algorithm = members.read_required("KeyAgreementAlgorithm", "keyAgreementAlgorithm");
    request.public_key = members.read_required_bytes("PublicKey", "publicKey");
    return request;
}

static GetKeyLastUsageRequest read(MemberReader& members, As<GetKeyLastUsageRequest> /*as*/) {
    return GetKeyLastUsageRequest(members.read_required("KeyId", "keyId"));
}

template DecodedRequest<DecryptRequest> decode_request(std::string_view body);
template DecodedRequest<DeriveSharedSecretRequest> decode_request(std::string_view body);
template DecodedRequest<EncryptRequest> decode_request(std::string_view body);
template DecodedRequest<GenerateDataKeyRequest> decode_request(std::string_view body);
template DecodedRequest<GenerateDataKeyPairRequest> decode_request(std::string_view body);
template DecodedRequest<GenerateDataKeyPairWithoutPlaintextRequest> decode_request(
    std::string_view body);
template DecodedRequest<GenerateDataKeyWithoutPlaintextRequest> decode_request(
    std::string_view body);
template DecodedRequest<GenerateMacRequest> decode_request(std::string_view body);
template DecodedRequest<GenerateRandomRequest> decode_request(std::string_view body);
template DecodedRequest<GetKeyLastUsageRequest> decode_request(std::string_view body);
template DecodedRequest<GetPublicKeyRequest> decode_request(std::string_view body);
template DecodedRequest<ReEncryptRequest> decode_request(std::string_view body);
template DecodedRequest<SignRequest> decode_request(std::string_view body);
template DecodedRequest<VerifyRequest> decode_request(std::string_view body);
template DecodedRequest<VerifyMacRequest> decode_request(std::string_view body);

namespace {

void append_bytes(std::string_view name, std::string_view bytes, ObjectText& object) {
    object.text(name, std::string_view(base64(bytes)));
}

void append_secret(std::string_view name, const io::Secret& secret, ObjectText& object) {
    std::string text = base64(secret.reveal());
    const io::Secret encoded = io::Secret::take(text);
    object.text(name, encoded.reveal());
}

/// Appends the members that both results of GenerateDataKey have in common.
void append_data_key(const DataKeyWithoutPlaintextResult& result, ObjectText& object) {
    append_bytes("CiphertextBlob", result.ciphertext, object);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("KeyMaterialId", std::string_view(result.key_material_id));
}

/// Appends the members that both results of GenerateDataKeyPair have in common.
void append_data_key_pair(const DataKeyPairWithoutPlaintextResult& result, ObjectText& object) {
    append_bytes("PrivateKeyCiphertextBlob", result.private_key_ciphertext, object);
    append_bytes("PublicKey", result.public_key, object);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("KeyPairSpec", std::string_view(result.key_pair_spec));
    object.text("KeyMaterialId", std::string_view(result.key_material_id));
}

}  // namespace

void append_body(const EncryptResult& result, std::string& body) {
    ObjectText object(body);
    append_bytes("CiphertextBlob", result.ciphertext, object);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("EncryptionAlgorithm", std::string_view(result.algorithm));
    object.close();
}

void append_body(const DecryptResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    append_secret("Plaintext", result.plaintext, object);
    object.text("EncryptionAlgorithm", std::string_view(result.algorithm));
    object.text("KeyMaterialId", result.key_material_id);
    object.close();
}

void append_body(const ReEncryptResult& result, std::string& body) {
    ObjectText object(body);
    append_bytes("CiphertextBlob", result.ciphertext, object);
    object.text("SourceKeyId", std::string_view(result.source_key_id));
    object.text("KeyId", std::string_view(result.key_id));
    object.text("SourceEncryptionAlgorithm", std::string_view(result.source_algorithm));
    object.text("DestinationEncryptionAlgorithm", std::string_view(result.algorithm));
    object.text("SourceKeyMaterialId", result.source_key_material_id);
    object.text("DestinationKeyMaterialId", result.key_material_id);
    object.close();
}

void append_body(const DataKeyResult& result, std::string& body) {
    ObjectText object(body);
    append_data_key(result, object);
    append_secret("Plaintext", result.plaintext, object);
    object.close();
}

void append_body(const DataKeyWithoutPlaintextResult& result, std::string& body) {
    ObjectText object(body);
    append_data_key(result, object);
    object.close();
}

void append_body(const DataKeyPairResult& result, std::string& body) {
    ObjectText object(body);
    append_data_key_pair(result, object);
    append_secret("PrivateKeyPlaintext", result.private_key, object);
    object.close();
}

void append_body(const DataKeyPairWithoutPlaintextResult& result, std::string& body) {
    ObjectText object(body);
    append_data_key_pair(result, object);
    object.close();
}

void append_body(const GenerateRandomResult& result, std::string& body) {
    ObjectText object(body);
    append_secret("Plaintext", result.plaintext, object);
    object.close();
}

void append_body(const SignResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    append_bytes("Signature", result.signature, object);
    object.text("SigningAlgorithm", std::string_view(result.algorithm));
    object.close();
}

void append_body(const VerifyResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.flag("SignatureValid", true);
    object.text("SigningAlgorithm", std::string_view(result.algorithm));
    object.close();
}

void append_body(const GenerateMacResult& result, std::string& body) {
    ObjectText object(body);
    append_bytes("Mac", result.mac, object);
    object.text("MacAlgorithm", std::string_view(result.algorithm));
    object.text("KeyId", std::string_view(result.key_id));
    object.close();
}

void append_body(const VerifyMacResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.flag("MacValid", true);
    object.text("MacAlgorithm", std::string_view(result.algorithm));
    object.close();
}

void append_body(const DeriveSharedSecretResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    append_secret("SharedSecret", result.shared_secret, object);
    object.text("KeyAgreementAlgorithm", std::string_view(result.algorithm));
    object.text("KeyOrigin", name_of(result.origin));
    object.close();
}

void append_body(const GetKeyLastUsageResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    ObjectText use(object.member("KeyLastUsage"));
    use.text("Operation", result.operation);
    use.date("Timestamp", result.used_s);
    use.close();
    object.date("TrackingStartDate", result.tracked_since_s);
    object.date("KeyCreationDate", result.created_s);
    object.close();
}

}  // namespace keyferry::simulator
