#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"

#include <tuple>

namespace keyferry {

/// What belongs to the type of a request: the operation's name and what it answers.
template <typename Request>
struct KmsOperation;

template <KmsApi Api, typename Answer>
struct KmsOperationOf {
    static constexpr KmsApi kApi = Api;
    using Result = Answer;
};

// clang-format off
template <> struct KmsOperation<CreateAliasRequest> : KmsOperationOf<KmsApi::create_alias, EmptyResult> {};
template <> struct KmsOperation<CreateKeyRequest> : KmsOperationOf<KmsApi::create_key, CreateKeyResult> {};
template <> struct KmsOperation<DeleteAliasRequest> : KmsOperationOf<KmsApi::delete_alias, EmptyResult> {};
template <> struct KmsOperation<DescribeKeyRequest> : KmsOperationOf<KmsApi::describe_key, DescribeKeyResult> {};
template <> struct KmsOperation<GetKeyPolicyRequest> : KmsOperationOf<KmsApi::get_key_policy, GetKeyPolicyResult> {};
template <> struct KmsOperation<ListAliasesRequest> : KmsOperationOf<KmsApi::list_aliases, ListAliasesResult> {};
template <> struct KmsOperation<ListKeysRequest> : KmsOperationOf<KmsApi::list_keys, ListKeysResult> {};
template <> struct KmsOperation<ListResourceTagsRequest> : KmsOperationOf<KmsApi::list_resource_tags, ListResourceTagsResult> {};
template <> struct KmsOperation<PutKeyPolicyRequest> : KmsOperationOf<KmsApi::put_key_policy, EmptyResult> {};
template <> struct KmsOperation<ReplicateKeyRequest> : KmsOperationOf<KmsApi::replicate_key, ReplicateKeyResult> {};
template <> struct KmsOperation<TagResourceRequest> : KmsOperationOf<KmsApi::tag_resource, EmptyResult> {};
template <> struct KmsOperation<UntagResourceRequest> : KmsOperationOf<KmsApi::untag_resource, EmptyResult> {};
template <> struct KmsOperation<UpdateAliasRequest> : KmsOperationOf<KmsApi::update_alias, EmptyResult> {};
template <> struct KmsOperation<UpdateKeyDescriptionRequest> : KmsOperationOf<KmsApi::update_key_description, EmptyResult> {};
// clang-format on

/// The requests of all operations that the simulator serves.
using KmsRequests = std::tuple<CreateAliasRequest,
                               CreateKeyRequest,
                               DeleteAliasRequest,
                               DescribeKeyRequest,
                               GetKeyPolicyRequest,
                               ListAliasesRequest,
                               ListKeysRequest,
                               ListResourceTagsRequest,
                               PutKeyPolicyRequest,
                               ReplicateKeyRequest,
                               TagResourceRequest,
                               UntagResourceRequest,
                               UpdateAliasRequest,
                               UpdateKeyDescriptionRequest>;

template <typename Request>
using ResultOf = typename KmsOperation<Request>::Result;

}  // namespace keyferry
