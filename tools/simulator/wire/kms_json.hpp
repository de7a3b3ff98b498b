// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

// KMS's side of the JSON 1.1 protocol: bodies to typed requests, results and errors to bodies.
// Members that are null or unknown are left out of account, as KMS does; a member of the wrong type
// is a SerializationException, a required one that is missing a ValidationException.

namespace keyferry::simulator {

/// Nesting allowed in a request body; KMS's own requests have three levels.
inline constexpr std::size_t kRequestJsonDepthMax = 16;

/// A request, or why the body is none.
template <typename Request>
using DecodedRequest = std::variant<Request, KmsRefusal>;

/// For each request that has a KmsOperation.
template <typename Request>
[[nodiscard]] DecodedRequest<Request> decode_request(std::string_view body);

void append_body(const io::ReplicateKeyResult& result, std::string& body);
void append_body(const io::DescribeKeyResult& result, std::string& body);
void append_body(const io::CreateKeyResult& result, std::string& body);
void append_body(const io::ListKeysResult& result, std::string& body);
void append_body(const io::ListAliasesResult& result, std::string& body);
void append_body(const io::ListResourceTagsResult& result, std::string& body);
void append_body(const io::GetKeyPolicyResult& result, std::string& body);
/// Appends nothing: KMS answers with an empty body.
void append_body(const io::EmptyResult& result, std::string& body);
void append_body(const KeyIdResult& result, std::string& body);
void append_body(const KeyMaterialResult& result, std::string& body);
void append_body(const ScheduleKeyDeletionResult& result, std::string& body);
void append_body(const ListKeyPoliciesResult& result, std::string& body);
void append_body(const GetKeyRotationStatusResult& result, std::string& body);
void append_body(const ListKeyRotationsResult& result, std::string& body);
void append_body(const GetParametersForImportResult& result, std::string& body);

/// {"__type":"NotFoundException","message":"..."}: without a namespace, "message" in lower case and
/// left out when empty, as recorded from KMS.
void append_body(const KmsRefusal& refusal, std::string& body);

}  // namespace keyferry::simulator
