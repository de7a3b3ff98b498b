#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"

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
template <> struct KmsOperation<CancelKeyDeletionRequest> : KmsOperationOf<KmsApi::cancel_key_deletion, KeyIdResult> {};
template <> struct KmsOperation<DeleteImportedKeyMaterialRequest> : KmsOperationOf<KmsApi::delete_imported_key_material, KeyMaterialResult> {};
template <> struct KmsOperation<DisableKeyRequest> : KmsOperationOf<KmsApi::disable_key, EmptyResult> {};
template <> struct KmsOperation<DisableKeyRotationRequest> : KmsOperationOf<KmsApi::disable_key_rotation, EmptyResult> {};
template <> struct KmsOperation<EnableKeyRequest> : KmsOperationOf<KmsApi::enable_key, EmptyResult> {};
template <> struct KmsOperation<EnableKeyRotationRequest> : KmsOperationOf<KmsApi::enable_key_rotation, EmptyResult> {};
template <> struct KmsOperation<GetKeyRotationStatusRequest> : KmsOperationOf<KmsApi::get_key_rotation_status, GetKeyRotationStatusResult> {};
template <> struct KmsOperation<GetParametersForImportRequest> : KmsOperationOf<KmsApi::get_parameters_for_import, GetParametersForImportResult> {};
template <> struct KmsOperation<ImportKeyMaterialRequest> : KmsOperationOf<KmsApi::import_key_material, KeyMaterialResult> {};
template <> struct KmsOperation<ListKeyPoliciesRequest> : KmsOperationOf<KmsApi::list_key_policies, ListKeyPoliciesResult> {};
template <> struct KmsOperation<ListKeyRotationsRequest> : KmsOperationOf<KmsApi::list_key_rotations, ListKeyRotationsResult> {};
template <> struct KmsOperation<RotateKeyOnDemandRequest> : KmsOperationOf<KmsApi::rotate_key_on_demand, KeyIdResult> {};
template <> struct KmsOperation<ScheduleKeyDeletionRequest> : KmsOperationOf<KmsApi::schedule_key_deletion, ScheduleKeyDeletionResult> {};
template <> struct KmsOperation<UpdatePrimaryRegionRequest> : KmsOperationOf<KmsApi::update_primary_region, EmptyResult> {};
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
                               UpdateKeyDescriptionRequest,
                               CancelKeyDeletionRequest,
                               DeleteImportedKeyMaterialRequest,
                               DisableKeyRequest,
                               DisableKeyRotationRequest,
                               EnableKeyRequest,
                               EnableKeyRotationRequest,
                               GetKeyRotationStatusRequest,
                               GetParametersForImportRequest,
                               ImportKeyMaterialRequest,
                               ListKeyPoliciesRequest,
                               ListKeyRotationsRequest,
                               RotateKeyOnDemandRequest,
                               ScheduleKeyDeletionRequest,
                               UpdatePrimaryRegionRequest>;

template <typename Request>
using ResultOf = typename KmsOperation<Request>::Result;

}  // namespace keyferry
