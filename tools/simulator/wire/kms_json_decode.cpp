// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/wire/json_request.hpp"

#include <utility>

namespace keyferry::simulator {

// read() builds one request from the members of a body.

static io::ReplicateKeyRequest read(MemberReader& members, As<io::ReplicateKeyRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    std::string region = members.read_required("ReplicaRegion", "replicaRegion");
    io::ReplicateKeyRequest request(std::move(key_id), std::move(region));
    members.read("Policy", request.policy);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    members.read("Description", request.description);
    members.read_tags(request.tags);
    return request;
}

static io::DescribeKeyRequest read(MemberReader& members, As<io::DescribeKeyRequest> /*as*/) {
    members.check_grant_tokens();
    return io::DescribeKeyRequest(members.read_required("KeyId", "keyId"));
}

static io::CreateKeyRequest read(MemberReader& members, As<io::CreateKeyRequest> /*as*/) {
    io::CreateKeyRequest request;
    members.read("Policy", request.policy);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    members.read("Description", request.description);
    members.read("KeyUsage", request.key_usage);
    members.read("CustomerMasterKeySpec", request.key_spec);  // the deprecated name of the member
    members.read("KeySpec", request.key_spec);
    members.read("Origin", request.origin);
    members.read("MultiRegion", request.multi_region);
    members.read_tags(request.tags);
    for (const char* name : {"CustomKeyStoreId", "XksKeyId"}) {
        members.refuse(name, "The simulator does not support custom key stores.");
    }
    return request;
}

static io::ListKeysRequest read(MemberReader& members, As<io::ListKeysRequest> /*as*/) {
    io::ListKeysRequest request;
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static io::ListAliasesRequest read(MemberReader& members, As<io::ListAliasesRequest> /*as*/) {
    io::ListAliasesRequest request;
    members.read("KeyId", request.key_id);
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static io::ListResourceTagsRequest read(MemberReader& members,
                                        As<io::ListResourceTagsRequest> /*as*/) {
    io::ListResourceTagsRequest request(members.read_required("KeyId", "keyId"));
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static io::GetKeyPolicyRequest read(MemberReader& members, As<io::GetKeyPolicyRequest> /*as*/) {
    io::GetKeyPolicyRequest request(members.read_required("KeyId", "keyId"));
    members.read("PolicyName", request.policy_name);
    return request;
}

static io::PutKeyPolicyRequest read(MemberReader& members, As<io::PutKeyPolicyRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    io::PutKeyPolicyRequest request(std::move(key_id), members.read_required("Policy", "policy"));
    members.read("PolicyName", request.policy_name);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    return request;
}

static io::TagResourceRequest read(MemberReader& members, As<io::TagResourceRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return io::TagResourceRequest(std::move(key_id), members.read_required_tags());
}

static io::UntagResourceRequest read(MemberReader& members, As<io::UntagResourceRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return io::UntagResourceRequest(std::move(key_id),
                                    members.read_required_texts("TagKeys", "tagKeys"));
}

static io::UpdateKeyDescriptionRequest read(MemberReader& members,
                                            As<io::UpdateKeyDescriptionRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return io::UpdateKeyDescriptionRequest(std::move(key_id),
                                           members.read_required("Description", "description"));
}

static io::CreateAliasRequest read(MemberReader& members, As<io::CreateAliasRequest> /*as*/) {
    std::string name = members.read_required("AliasName", "aliasName");
    return io::CreateAliasRequest(std::move(name),
                                  members.read_required("TargetKeyId", "targetKeyId"));
}

static io::UpdateAliasRequest read(MemberReader& members, As<io::UpdateAliasRequest> /*as*/) {
    std::string name = members.read_required("AliasName", "aliasName");
    return io::UpdateAliasRequest(std::move(name),
                                  members.read_required("TargetKeyId", "targetKeyId"));
}

static io::DeleteAliasRequest read(MemberReader& members, As<io::DeleteAliasRequest> /*as*/) {
    return io::DeleteAliasRequest(members.read_required("AliasName", "aliasName"));
}

template DecodedRequest<io::CreateAliasRequest> decode_request(std::string_view body);
template DecodedRequest<io::CreateKeyRequest> decode_request(std::string_view body);
template DecodedRequest<io::DeleteAliasRequest> decode_request(std::string_view body);
template DecodedRequest<io::DescribeKeyRequest> decode_request(std::string_view body);
template DecodedRequest<io::GetKeyPolicyRequest> decode_request(std::string_view body);
template DecodedRequest<io::ListAliasesRequest> decode_request(std::string_view body);
template DecodedRequest<io::ListKeysRequest> decode_request(std::string_view body);
template DecodedRequest<io::ListResourceTagsRequest> decode_request(std::string_view body);
template DecodedRequest<io::PutKeyPolicyRequest> decode_request(std::string_view body);
template DecodedRequest<io::ReplicateKeyRequest> decode_request(std::string_view body);
template DecodedRequest<io::TagResourceRequest> decode_request(std::string_view body);
template DecodedRequest<io::UntagResourceRequest> decode_request(std::string_view body);
template DecodedRequest<io::UpdateAliasRequest> decode_request(std::string_view body);
template DecodedRequest<io::UpdateKeyDescriptionRequest> decode_request(std::string_view body);

}  // namespace keyferry::simulator
