#include "tools/simulator/wire/json_request.hpp"

#include <utility>

namespace keyferry {

// read(): one request of the members of a body.

static ReplicateKeyRequest read(MemberReader& members, As<ReplicateKeyRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    std::string region = members.read_required("ReplicaRegion", "replicaRegion");
    ReplicateKeyRequest request(std::move(key_id), std::move(region));
    members.read("Policy", request.policy);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    members.read("Description", request.description);
    members.read_tags(request.tags);
    return request;
}

static DescribeKeyRequest read(MemberReader& members, As<DescribeKeyRequest> /*as*/) {
    return DescribeKeyRequest(members.read_required("KeyId", "keyId"));
}

static CreateKeyRequest read(MemberReader& members, As<CreateKeyRequest> /*as*/) {
    CreateKeyRequest request;
    members.read("Policy", request.policy);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    members.read("Description", request.description);
    members.read("KeyUsage", request.key_usage);
    members.read("CustomerMasterKeySpec", request.key_spec);  // the deprecated name
    members.read("KeySpec", request.key_spec);
    members.read("Origin", request.origin);
    members.read("MultiRegion", request.multi_region);
    members.read_tags(request.tags);
    return request;
}

static ListKeysRequest read(MemberReader& members, As<ListKeysRequest> /*as*/) {
    ListKeysRequest request;
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static ListAliasesRequest read(MemberReader& members, As<ListAliasesRequest> /*as*/) {
    ListAliasesRequest request;
    members.read("KeyId", request.key_id);
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static ListResourceTagsRequest read(MemberReader& members, As<ListResourceTagsRequest> /*as*/) {
    ListResourceTagsRequest request(members.read_required("KeyId", "keyId"));
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static GetKeyPolicyRequest read(MemberReader& members, As<GetKeyPolicyRequest> /*as*/) {
    GetKeyPolicyRequest request(members.read_required("KeyId", "keyId"));
    members.read("PolicyName", request.policy_name);
    return request;
}

static PutKeyPolicyRequest read(MemberReader& members, As<PutKeyPolicyRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    PutKeyPolicyRequest request(std::move(key_id), members.read_required("Policy", "policy"));
    members.read("PolicyName", request.policy_name);
    members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    return request;
}

static TagResourceRequest read(MemberReader& members, As<TagResourceRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return TagResourceRequest(std::move(key_id), members.read_required_tags());
}

static UntagResourceRequest read(MemberReader& members, As<UntagResourceRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return UntagResourceRequest(std::move(key_id),
                                members.read_required_texts("TagKeys", "tagKeys"));
}

static UpdateKeyDescriptionRequest read(MemberReader& members,
                                        As<UpdateKeyDescriptionRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return UpdateKeyDescriptionRequest(std::move(key_id),
                                       members.read_required("Description", "description"));
}

static CreateAliasRequest read(MemberReader& members, As<CreateAliasRequest> /*as*/) {
    std::string name = members.read_required("AliasName", "aliasName");
    return CreateAliasRequest(std::move(name), members.read_required("TargetKeyId", "targetKeyId"));
}

static UpdateAliasRequest read(MemberReader& members, As<UpdateAliasRequest> /*as*/) {
    std::string name = members.read_required("AliasName", "aliasName");
    return UpdateAliasRequest(std::move(name), members.read_required("TargetKeyId", "targetKeyId"));
}

static DeleteAliasRequest read(MemberReader& members, As<DeleteAliasRequest> /*as*/) {
    return DeleteAliasRequest(members.read_required("AliasName", "aliasName"));
}

template DecodedRequest<CreateAliasRequest> decode_request(std::string_view body);
template DecodedRequest<CreateKeyRequest> decode_request(std::string_view body);
template DecodedRequest<DeleteAliasRequest> decode_request(std::string_view body);
template DecodedRequest<DescribeKeyRequest> decode_request(std::string_view body);
template DecodedRequest<GetKeyPolicyRequest> decode_request(std::string_view body);
template DecodedRequest<ListAliasesRequest> decode_request(std::string_view body);
template DecodedRequest<ListKeysRequest> decode_request(std::string_view body);
template DecodedRequest<ListResourceTagsRequest> decode_request(std::string_view body);
template DecodedRequest<PutKeyPolicyRequest> decode_request(std::string_view body);
template DecodedRequest<ReplicateKeyRequest> decode_request(std::string_view body);
template DecodedRequest<TagResourceRequest> decode_request(std::string_view body);
template DecodedRequest<UntagResourceRequest> decode_request(std::string_view body);
template DecodedRequest<UpdateAliasRequest> decode_request(std::string_view body);
template DecodedRequest<UpdateKeyDescriptionRequest> decode_request(std::string_view body);

}  // namespace keyferry
