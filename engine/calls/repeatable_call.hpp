#pragma once

#include "io/kms/kms_client.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"

namespace keyferry {

template <typename Result_, KmsApi kApi_, auto kOperation_>
struct CallOfKms {
    using Result = Result_;
    static constexpr KmsApi kApi = kApi_;            ///< whose quota it takes from
    static constexpr auto kOperation = kOperation_;  ///< of the client
};

/// By its request: a call that may be made again without harm, since it reads, or gives a key what
/// it is to have. ReplicateKey and CreateKey are none of these.
template <typename Request>
struct RepeatableCall;

template <>
struct RepeatableCall<DescribeKeyRequest>
    : CallOfKms<DescribeKeyResult, KmsApi::describe_key, &KmsClient::describe_key> {};
template <>
struct RepeatableCall<ListKeysRequest>
    : CallOfKms<ListKeysResult, KmsApi::list_keys, &KmsClient::list_keys> {};
template <>
struct RepeatableCall<ListAliasesRequest>
    : CallOfKms<ListAliasesResult, KmsApi::list_aliases, &KmsClient::list_aliases> {};
template <>
struct RepeatableCall<ListResourceTagsRequest> : CallOfKms<ListResourceTagsResult,
                                                           KmsApi::list_resource_tags,
                                                           &KmsClient::list_resource_tags> {};
template <>
struct RepeatableCall<GetKeyPolicyRequest>
    : CallOfKms<GetKeyPolicyResult, KmsApi::get_key_policy, &KmsClient::get_key_policy> {};
template <>
struct RepeatableCall<PutKeyPolicyRequest>
    : CallOfKms<EmptyResult, KmsApi::put_key_policy, &KmsClient::put_key_policy> {};
template <>
struct RepeatableCall<TagResourceRequest>
    : CallOfKms<EmptyResult, KmsApi::tag_resource, &KmsClient::tag_resource> {};
template <>
struct RepeatableCall<UpdateKeyDescriptionRequest>
    : CallOfKms<EmptyResult, KmsApi::update_key_description, &KmsClient::update_key_description> {};
template <>
struct RepeatableCall<CreateAliasRequest>
    : CallOfKms<EmptyResult, KmsApi::create_alias, &KmsClient::create_alias> {};

}  // namespace keyferry
