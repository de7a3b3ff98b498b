#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/kms_refusal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

// KMS's side of the JSON 1.1 protocol: bodies to typed requests, results and errors to bodies.
// Members that are null or unknown are left out of account, as KMS does; a member of the wrong type
// is a SerializationException, a required one that is missing a ValidationException.

namespace keyferry {

/// Nesting allowed in a request body; KMS's own requests have three levels.
inline constexpr std::size_t kRequestJsonDepthMax = 16;

/// A request, or why the body is none.
template <typename Request>
using DecodedRequest = std::variant<Request, KmsRefusal>;

DecodedRequest<ReplicateKeyRequest> decode_replicate_key(std::string_view body);
DecodedRequest<DescribeKeyRequest> decode_describe_key(std::string_view body);
DecodedRequest<CreateKeyRequest> decode_create_key(std::string_view body);
DecodedRequest<ListKeysRequest> decode_list_keys(std::string_view body);
DecodedRequest<ListAliasesRequest> decode_list_aliases(std::string_view body);
DecodedRequest<ListResourceTagsRequest> decode_list_resource_tags(std::string_view body);
DecodedRequest<GetKeyPolicyRequest> decode_get_key_policy(std::string_view body);

void append_body(const ReplicateKeyResult& result, std::string& body);
void append_body(const DescribeKeyResult& result, std::string& body);
void append_body(const CreateKeyResult& result, std::string& body);
void append_body(const ListKeysResult& result, std::string& body);
void append_body(const ListAliasesResult& result, std::string& body);
void append_body(const ListResourceTagsResult& result, std::string& body);
void append_body(const GetKeyPolicyResult& result, std::string& body);

/// {"__type":"NotFoundException","message":"..."}: without a namespace, "message" in lower case and
/// left out when empty, as recorded from KMS.
void append_body(const KmsRefusal& refusal, std::string& body);

}  // namespace keyferry
