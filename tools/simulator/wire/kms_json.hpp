// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/requests/grant_requests.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

// The server side of KMS's JSON 1.1 protocol. Decodes bodies into typed requests, and encodes
// results and errors. Members that are null or unknown are ignored, as in KMS. A member of the
// wrong type results in a SerializationException, and a missing required member in a
// ValidationException.

namespace keyferry::simulator {

/// Maximum nesting depth of a request body; KMS's own requests use three levels.
inline constexpr std::size_t kRequestJsonDepthMax = 16;

/// A request, or the error response if the body is not valid.
template <typename Request>
using DecodedRequest = std::variant<Request, KmsRefusal>;

/// Supports every request type that has a KmsOperation.
template <typename Request>
[[nodiscard]] DecodedRequest<Request> decode_request(std::string_view body);

void append_body(const io::ReplicateKeyResult& result, std::string& body);
void append_body(const io::DescribeKeyResult& result, std::string& body);
void append_body(const io::CreateKeyResult& result, std::string& body);
void append_body(const io::ListKeysResult& result, std::string& body);
void append_body(const io::ListAliasesResult& result, std::string& body);
void append_body(const io::ListResourceTagsResult& result, std::string& body);
void append_body(const io::GetKeyPolicyResult& result, std::string& body);
/// Appends nothing, because KMS responds with an empty body.
void append_body(const io::EmptyResult& result, std::string& body);
void append_body(const KeyIdResult& result, std::string& body);
void append_body(const KeyMaterialResult& result, std::string& body);
void append_body(const ScheduleKeyDeletionResult& result, std::string& body);
void append_body(const ListKeyPoliciesResult& result, std::string& body);
void append_body(const GetKeyRotationStatusResult& result, std::string& body);
void append_body(const ListKeyRotationsResult& result, std::string& body);
void append_body(const GetParametersForImportResult& result, std::string& body);
void append_body(const EncryptResult& result, std::string& body);
void append_body(const DecryptResult& result, std::string& body);
void append_body(const ReEncryptResult& result, std::string& body);
void append_body(const DataKeyResult& result, std::string& body);
void append_body(const DataKeyWithoutPlaintextResult& result, std::string& body);
void append_body(const DataKeyPairResult& result, std::string& body);
void append_body(const DataKeyPairWithoutPlaintextResult& result, std::string& body);
void append_body(const GenerateRandomResult& result, std::string& body);
void append_body(const SignResult& result, std::string& body);
void append_body(const VerifyResult& result, std::string& body);
void append_body(const GenerateMacResult& result, std::string& body);
void append_body(const VerifyMacResult& result, std::string& body);
void append_body(const GetPublicKeyResult& result, std::string& body);
void append_body(const DeriveSharedSecretResult& result, std::string& body);
void append_body(const GetKeyLastUsageResult& result, std::string& body);
void append_body(const CreateGrantResult& result, std::string& body);
void append_body(const ListGrantsResult& result, std::string& body);

/// {"__type":"NotFoundException","message":"..."}: without a namespace, with "message" in lower
/// case and omitted when empty, as in KMS responses.
void append_body(const KmsRefusal& refusal, std::string& body);

}  // namespace keyferry::simulator
