// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/kms/kms_client.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"

namespace keyferry::engine {

template <typename Result_, io::KmsApi kApi_, auto kOperation_>
struct CallOfKms {
    using Result = Result_;
    static constexpr io::KmsApi kApi = kApi_;        ///< the API whose quota the call uses
    static constexpr auto kOperation = kOperation_;  ///< the KmsClient function that makes the call
};

/// For each idempotent call, maps the request type to the result type and API. Idempotent calls are
/// reads, and writes that set a property of a key to a given value. ReplicateKey and CreateKey are
/// not idempotent.
template <typename Request>
struct RepeatableCall;

template <>
struct RepeatableCall<io::DescribeKeyRequest>
    : CallOfKms<io::DescribeKeyResult, io::KmsApi::describe_key, &io::KmsClient::describe_key> {};
template <>
struct RepeatableCall<io::ListKeysRequest>
    : CallOfKms<io::ListKeysResult, io::KmsApi::list_keys, &io::KmsClient::list_keys> {};
template <>
struct RepeatableCall<io::ListAliasesRequest>
    : CallOfKms<io::ListAliasesResult, io::KmsApi::list_aliases, &io::KmsClient::list_aliases> {};
template <>
struct RepeatableCall<io::ListResourceTagsRequest> : CallOfKms<io::ListResourceTagsResult,
                                                               io::KmsApi::list_resource_tags,
                                                               &io::KmsClient::list_resource_tags> {
};
template <>
struct RepeatableCall<io::GetKeyPolicyRequest> : CallOfKms<io::GetKeyPolicyResult,
                                                           io::KmsApi::get_key_policy,
                                                           &io::KmsClient::get_key_policy> {};
template <>
struct RepeatableCall<io::PutKeyPolicyRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::put_key_policy, &io::KmsClient::put_key_policy> {};
template <>
struct RepeatableCall<io::TagResourceRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::tag_resource, &io::KmsClient::tag_resource> {};
template <>
struct RepeatableCall<io::UntagResourceRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::untag_resource, &io::KmsClient::untag_resource> {};
template <>
struct RepeatableCall<io::UpdateKeyDescriptionRequest>
    : CallOfKms<io::EmptyResult,
                io::KmsApi::update_key_description,
                &io::KmsClient::update_key_description> {};
template <>
struct RepeatableCall<io::EnableKeyRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::enable_key, &io::KmsClient::enable_key> {};
template <>
struct RepeatableCall<io::DisableKeyRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::disable_key, &io::KmsClient::disable_key> {};
template <>
struct RepeatableCall<io::CreateAliasRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::create_alias, &io::KmsClient::create_alias> {};
template <>
struct RepeatableCall<io::DeleteAliasRequest>
    : CallOfKms<io::EmptyResult, io::KmsApi::delete_alias, &io::KmsClient::delete_alias> {};

}  // namespace keyferry::engine
